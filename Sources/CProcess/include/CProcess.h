// The resources of a process that a peer could exhaust or guess: its descriptors, its heap and the
// seed of its random numbers.
#ifndef EVENTUALLY_CPROCESS_H
#define EVENTUALLY_CPROCESS_H
#include <stddef.h>
#include <stdint.h>

// Connections that were accepted for libzmq, refused and cut, since the process started.
struct cprocess_connections {
  uint64_t refused_for_process;   // the process at the other end had its share already
  uint64_t refused_for_user;      // the user of the process had its share already
  uint64_t refused_for_address;   // the address (tcp) had its share already
  uint64_t refused_for_reserve;   // the last descriptors are for the process itself
  uint64_t refused_for_name;      // the peer chose a name that libzmq gives itself, or an old ZMTP
  uint64_t cut;                   // shut down by cprocess_cut
  int32_t refused_pid;            // the process that was refused last; 0 for none or unknown
  uint32_t refused_uid;           // its user
  uint32_t refused_gid;           // its group
};

// How many connections one other process may have at the same time; 64 until it is set.
void cprocess_limit_connections(int per_process);

struct cprocess_connections cprocess_connections(void);

// Shuts accepted connections down: those that have unread or unsent bytes, or all of them. libzmq
// takes each for closed by its peer. Returns how many.
int cprocess_cut(int only_busy);

// The bytes of the heap that are in use, where that may be more than the limit; else 0, at the price
// of one system call.
size_t cprocess_heap_above(size_t limit);

// The process at the other end of a unix socket. Returns 0, or -1 with errno.
struct cprocess_peer {
  uint32_t uid;
  uint32_t gid;
  int32_t pid;
};
int cprocess_get_peer(int file, struct cprocess_peer *peer);

// Seeds rand() from the system's entropy.
void cprocess_seed(void);

#endif
