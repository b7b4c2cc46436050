// libzmq's C interface, and the Linux calls for the thread that polls its sockets: the eventfd that
// wakes it, and the name that `top -H` shows.
#ifndef EVENTUALLY_CZEROMQ_SHIM_H
#define EVENTUALLY_CZEROMQ_SHIM_H
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <zmq.h>

// Here because Swift imports no variadic function. At most 15 bytes count.
static inline void czeromq_name_this_thread(const char *name) { prctl(PR_SET_NAME, name); }
#endif
