// libpq's C interface, loaded when the first journal on PostgreSQL is opened.
//
// The functions below are this module's own, and pass their calls to the library, so that a daemon
// whose journal is a file neither loads libpq and its twenty libraries (5 MB, 5 ms) nor needs them.
#ifndef EVENTUALLY_CPOSTGRESQL_H
#define EVENTUALLY_CPOSTGRESQL_H

// Before the next line, which would hide the C library's functions too.
#include <stdio.h>

// Hidden: libpq itself calls some of its functions by these names, and must find its own.
#pragma GCC visibility push(hidden)
#include <postgresql/libpq-fe.h>

// Loads the library, once. Returns null, or the reason for which it cannot be loaded. The other
// functions may be called only after it has returned null.
const char *cpostgresql_load(void);

#pragma GCC visibility pop
#endif
