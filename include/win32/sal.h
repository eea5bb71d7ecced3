/* sal.h: Microsoft's source annotations. They say things to an analyser that is not here: all expand to nothing. */
#ifndef WINMEM_SAL_H
#define WINMEM_SAL_H

#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _In_reads_(size)
#define _In_reads_opt_(size)
#define _In_reads_bytes_(size)
#define _In_reads_bytes_opt_(size)
#define _In_reads_z_(size)
#define _In_reads_opt_z_(size)
#define _In_reads_or_z_(size)
#define _In_reads_or_z_opt_(size)
#define _In_reads_to_ptr_(pointer)
#define _In_range_(low, high)
#define _In_bytecount_(size)
#define _In_count_(size)
#define _Out_
#define _Out_opt_
#define _Out_writes_(size)
#define _Out_writes_opt_(size)
#define _Out_writes_z_(size)
#define _Out_writes_opt_z_(size)
#define _Out_writes_bytes_(size)
#define _Out_writes_bytes_opt_(size)
#define _Out_writes_to_(size, count)
#define _Out_writes_to_opt_(size, count)
#define _Out_writes_all_(size)
#define _Out_writes_all_opt_(size)
#define _Out_writes_bytes_to_(size, count)
#define _Out_writes_bytes_to_opt_(size, count)
#define _Out_writes_bytes_all_(size)
#define _Out_writes_bytes_all_opt_(size)
#define _Out_range_(low, high)
#define _Out_cap_(size)
#define _Out_z_cap_(size)
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Outptr_opt_result_maybenull_
#define _Outptr_result_nullonfailure_
#define _Outptr_result_z_
#define _Outptr_result_buffer_(size)
#define _Outptr_result_bytebuffer_(size)
#define _Outref_
#define _COM_Outptr_
#define _Inout_
#define _Inout_opt_
#define _Inout_z_
#define _Inout_opt_z_
#define _Inout_updates_(size)
#define _Inout_updates_opt_(size)
#define _Inout_updates_z_(size)
#define _Inout_updates_all_(size)
#define _Inout_updates_to_(size, count)
#define _Inout_updates_bytes_(size)
#define _Inout_updates_bytes_opt_(size)
#define _Inout_updates_bytes_to_(size, count)
#define _Ret_maybenull_
#define _Ret_notnull_
#define _Ret_null_
#define _Ret_z_
#define _Ret_opt_z_
#define _Ret_maybenull_z_
#define _Ret_range_(low, high)
#define _Ret_valid_
#define _Ret_writes_(size)
#define _Ret_writes_bytes_(size)
#define _Ret_writes_maybenull_(size)
#define _Ret_writes_bytes_maybenull_(size)
#define _Post_equals_last_error_
#define _Post_invalid_
#define _Post_maybenull_
#define _Post_notnull_
#define _Post_null_
#define _Post_ptr_invalid_
#define _Post_readable_byte_size_(size)
#define _Post_readable_size_(size)
#define _Post_satisfies_(condition)
#define _Post_valid_
#define _Post_writable_byte_size_(size)
#define _Post_writable_size_(size)
#define _Post_z_
#define _Post_
#define _Pre_
#define _Pre_maybenull_
#define _Pre_notnull_
#define _Pre_null_
#define _Pre_readable_byte_size_(size)
#define _Pre_satisfies_(condition)
#define _Pre_valid_
#define _Pre_writable_byte_size_(size)
#define _Pre_writable_size_(size)
#define _Pre_z_
#define _Null_terminated_
#define _NullNull_terminated_
#define _Notnull_
#define _Maybenull_
#define _Const_
#define _Field_size_(size)
#define _Field_size_opt_(size)
#define _Field_size_bytes_(size)
#define _Field_size_bytes_opt_(size)
#define _Field_size_full_(size)
#define _Field_size_part_(size, count)
#define _Field_range_(low, high)
#define _Field_z_
#define _Struct_size_bytes_(size)
#define _Readable_bytes_(size)
#define _Readable_elements_(size)
#define _Writable_bytes_(size)
#define _Writable_elements_(size)
#define _Deref_out_range_(low, high)
#define _Deref_out_
#define _Deref_out_opt_
#define _Deref_post_opt_valid_
#define _Reserved_
#define _Result_nullonfailure_
#define _Result_zeroonfailure_
#define _Points_to_data_
#define _Literal_
#define _Notliteral_
#define _Printf_format_string_
#define _Printf_format_string_params_(parameter)
#define _Scanf_format_string_
#define _Success_(condition)
#define _Return_type_success_(condition)
#define _On_failure_(annotations)
#define _Always_(annotations)
#define _When_(condition, annotations)
#define _At_(target, annotations)
#define _At_buffer_(target, index, size, annotations)
#define _Group_(annotations)
#define _Check_return_
#define _Check_return_opt_
#define _Must_inspect_result_
#define _Ret_maybenull
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define _Function_class_(name)
#define _Callback_
#define _Use_decl_annotations_
#define _Analysis_assume_(condition)
#define _Analysis_noreturn_
#define _Null_
#define _Unchanged_(target)
#define _IRQL_requires_max_(level)
#define _IRQL_requires_(level)
#define _Interlocked_operand_
#define _Guarded_by_(lock)
#define _Acquires_lock_(lock)
#define _Acquires_exclusive_lock_(lock)
#define _Acquires_shared_lock_(lock)
#define _Releases_lock_(lock)
#define _Releases_exclusive_lock_(lock)
#define _Releases_shared_lock_(lock)
#define _Requires_lock_held_(lock)
#define _Requires_lock_not_held_(lock)
#define _Requires_exclusive_lock_held_(lock)
#define _Requires_shared_lock_held_(lock)
#define _Has_lock_kind_(kind)
#define _Has_lock_level_(level)
#define _Create_lock_level_(level)
#define _Lock_level_order_(first, second)
#define _Write_guarded_by_(lock)
#define _No_competing_thread_
#define _Benign_race_begin_
#define _Benign_race_end_
#define __analysis_assume(condition)
#define __drv_aliasesMem
#define __drv_freesMem(kind)
#define __drv_preferredFunction(name, why)
#define __drv_interlocked
/* The first generation (__in and its kin) is left out: names like __out and __in are used by libstdc++ itself. */

#endif
