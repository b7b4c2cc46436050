// Between the files of this module: the bytes of an accepted connection are read along from its first on.
#ifndef EVENTUALLY_HANDSHAKE_H
#define EVENTUALLY_HANDSHAKE_H
#include <stdint.h>

void handshake_begin(int file, uint64_t cookie);
uint64_t handshake_refusals(void);

#endif
