/* timer.h: waitable timers, in this process or shared by name. No thread drives them: who waits sleeps until the timer
 * is due, who looks sees whether it is. */
#ifndef WINMEM_OB_TIMER_H
#define WINMEM_OB_TIMER_H

#include "ob/directory.h"

WINMEM_SHARED extern const struct ob_class ob_timer_class;

#define OB_TIMER_NEVER INT64_MAX

/* What create is told. */
struct ob_timer_initial {
    bool manual; /* stays signaled till it is set again */
};

/* Due at `due` (CLOCK_MONOTONIC, ns), then every `period` ns if that is not zero. Answers the number of this setting.
 */
WINMEM_SHARED uint32_t ob_timer_set(struct ob_object *timer, int64_t due, int64_t period);
/* Not due any more; what is signaled stays so. */
WINMEM_SHARED void ob_timer_cancel(struct ob_object *timer);
/* The number of the setting that is in force. */
WINMEM_SHARED uint32_t ob_timer_setting(struct ob_object *timer);

#endif
