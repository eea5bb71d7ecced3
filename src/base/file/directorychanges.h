/* directorychanges.h: what has changed in an open folder, as records in the program's buffer. */
#ifndef WINMEM_BASE_DIRECTORYCHANGES_H
#define WINMEM_BASE_DIRECTORYCHANGES_H

#include "ob/file.h"

/* STATUS_PENDING: nothing yet; STATUS_NOTIFY_ENUM_DIR with *done 0: more than there is room for. */
NTSTATUS directory_changes(struct ob_file *file, void *buffer, size_t size, size_t *done);
/* What is to be watched for more; -1: there may be more already. */
int directory_changes_watched(struct ob_file *file);

#endif
