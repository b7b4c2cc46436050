#include "CPostgreSQL.h"

#include <dlfcn.h>
#include <pthread.h>

// The compiler compares each with its declaration in libpq-fe.h.
#define FUNCTIONS \
  FORWARD(PGconn *, PQconnectStartParams, \
    (const char *const *names, const char *const *values, int expand), (names, values, expand)) \
  FORWARD(PostgresPollingStatusType, PQconnectPoll, (PGconn *c), (c)) \
  FORWARD(ConnStatusType, PQstatus, (const PGconn *c), (c)) \
  FORWARD(PGTransactionStatusType, PQtransactionStatus, (const PGconn *c), (c)) \
  FORWARD(char *, PQerrorMessage, (const PGconn *c), (c)) \
  FORWARD(int, PQsocket, (const PGconn *c), (c)) \
  FORWARD(int, PQserverVersion, (const PGconn *c), (c)) \
  FORWARD(PGVerbosity, PQsetErrorVerbosity, (PGconn *c, PGVerbosity v), (c, v)) \
  FORWARD(PQnoticeReceiver, PQsetNoticeReceiver, \
    (PGconn *c, PQnoticeReceiver receiver, void *context), (c, receiver, context)) \
  FORWARD(PQconninfoOption *, PQconninfoParse, (const char *text, char **error), (text, error)) \
  FORWARD(PGresult *, PQexec, (PGconn *c, const char *text), (c, text)) \
  FORWARD(int, PQenterPipelineMode, (PGconn *c), (c)) \
  FORWARD(int, PQexitPipelineMode, (PGconn *c), (c)) \
  FORWARD(int, PQpipelineSync, (PGconn *c), (c)) \
  FORWARD(int, PQsendPrepare, \
    (PGconn *c, const char *name, const char *text, int count, const Oid *types), \
    (c, name, text, count, types)) \
  FORWARD(int, PQsendQueryPrepared, \
    (PGconn *c, const char *name, int count, const char *const *values, const int *lengths, \
      const int *formats, int format), \
    (c, name, count, values, lengths, formats, format)) \
  FORWARD(PGresult *, PQgetResult, (PGconn *c), (c)) \
  FORWARD(int, PQconsumeInput, (PGconn *c), (c)) \
  FORWARD(PGnotify *, PQnotifies, (PGconn *c), (c)) \
  FORWARD(ExecStatusType, PQresultStatus, (const PGresult *r), (r)) \
  FORWARD(char *, PQresultErrorMessage, (const PGresult *r), (r)) \
  FORWARD(char *, PQresultErrorField, (const PGresult *r, int field), (r, field)) \
  FORWARD(char *, PQcmdStatus, (PGresult *r), (r)) \
  FORWARD(int, PQntuples, (const PGresult *r), (r)) \
  FORWARD(int, PQnfields, (const PGresult *r), (r)) \
  FORWARD(char *, PQfname, (const PGresult *r, int column), (r, column)) \
  FORWARD(Oid, PQftype, (const PGresult *r, int column), (r, column)) \
  FORWARD(char *, PQgetvalue, (const PGresult *r, int row, int column), (r, row, column)) \
  FORWARD(int, PQgetlength, (const PGresult *r, int row, int column), (r, row, column)) \
  FORWARD(int, PQgetisnull, (const PGresult *r, int row, int column), (r, row, column))

#define PROCEDURES \
  FORWARD(PQfinish, (PGconn *c), (c)) \
  FORWARD(PQclear, (PGresult *r), (r)) \
  FORWARD(PQconninfoFree, (PQconninfoOption *options), (options)) \
  FORWARD(PQfreemem, (void *memory), (memory))

#define FORWARD(result, name, parameters, arguments) \
  static result(*real_##name) parameters; \
  result name parameters { return real_##name arguments; }
FUNCTIONS
#undef FORWARD

#define FORWARD(name, parameters, arguments) \
  static void(*real_##name) parameters; \
  void name parameters { real_##name arguments; }
PROCEDURES
#undef FORWARD

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[512];

// The symbol, or null with the reason in `failure`.
static void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (!found && !failure[0]) {
    snprintf(failure, sizeof failure, "the library has no %s: it is older than version 14", name);
  }
  return found;
}

static void load(void) {
  void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(failure, sizeof failure, "%s", dlerror());
    return;
  }
#define FORWARD(result, name, parameters, arguments) \
  *(void **)&real_##name = symbol(library, #name);
  FUNCTIONS
#undef FORWARD
#define FORWARD(name, parameters, arguments) *(void **)&real_##name = symbol(library, #name);
  PROCEDURES
#undef FORWARD
}

const char *cpostgresql_load(void) {
  pthread_once(&once, load);
  return failure[0] ? failure : NULL;
}
