// accept and accept4 of the whole process, libzmq's calls included: a definition in the executable
// goes before that of the C library.
//
// libzmq 4.3.4 aborts the process when accept on an ipc socket fails for want of a descriptor
// (ipc_listener.cpp), and it has no limit for connections. Nothing can be set at libzmq, so the call
// itself never meets a full table here: a connection near the limit is accepted and closed at once,
// and the caller gets ECONNABORTED, which it treats as a peer that has gone.
#define _GNU_SOURCE
#include "CProcess.h"
#include "Handshake.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Connections of libzmq have lower numbers than this, for any limit of the process.
enum { table_size = 65536 };

// The peer: a process of this machine, or an address (an IPv4 one as IPv6 maps it).
struct peer {
  int family;  // AF_UNSPEC where it cannot be known
  pid_t pid;   // 0 over tcp, and for a process of a namespace that this one does not see
  uid_t uid;
  gid_t gid;
  struct in6_addr address;
};

// An accepted connection, at the place of its descriptor. The cookie distinguishes it from another
// socket that has got the same number since, so that closing a socket needs no call here.
struct connection {
  uint64_t cookie;  // 0 where there is none
  struct peer peer;
};

// What a peer shares its connections with.
enum share { of_process, of_user, of_address };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct connection table[table_size];
static int table_end;
static int per_process = 64;
static int spare = -1;
static struct cprocess_connections counts;

static uint64_t cookie_of(int file) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return getsockopt(file, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

static int shares(const struct peer *one, const struct peer *other, enum share share) {
  switch (share) {
  case of_process: return one->pid == other->pid && one->uid == other->uid;
  case of_user: return one->uid == other->uid;
  default: return memcmp(&one->address, &other->address, sizeof one->address) == 0;
  }
}

static int count(const struct peer *peer, enum share share, int verify) {
  int found = 0;
  for (int file = 0; file < table_end; file++) {
    struct connection *entry = &table[file];
    if (entry->cookie == 0 || !shares(&entry->peer, peer, share)) continue;
    if (verify && cookie_of(file) != entry->cookie) entry->cookie = 0;
    else found++;
  }
  return found;
}

// Closed connections stay in the table until their number is used again: only when a limit seems to
// be reached are they looked for.
static int has_all(const struct peer *peer, enum share share, int limit) {
  return count(peer, share, 0) >= limit && count(peer, share, 1) >= limit;
}

static struct peer peer_of(int file) {
  struct peer peer = {.uid = (uid_t)-1};
  struct sockaddr_storage name;
  socklen_t size = sizeof name;
  if (getpeername(file, (struct sockaddr *)&name, &size) != 0) return peer;
  struct ucred credentials;
  size = sizeof credentials;
  if (name.ss_family == AF_UNIX) {
    if (getsockopt(file, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return peer;
    peer.pid = credentials.pid;
    peer.uid = credentials.uid;
    peer.gid = credentials.gid;
  } else if (name.ss_family == AF_INET6) {
    peer.address = ((struct sockaddr_in6 *)&name)->sin6_addr;
  } else if (name.ss_family == AF_INET) {
    memset(&peer.address.s6_addr[10], 0xff, 2);
    memcpy(&peer.address.s6_addr[12], &((struct sockaddr_in *)&name)->sin_addr, 4);
  }
  peer.family = name.ss_family;
  return peer;
}

static int descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > table_size) return table_size;
  return (int)limit.rlim_cur;
}

// Which count a new connection adds to when it is to be refused; null when it may stay.
static uint64_t *judge(int file) {
  int limit = descriptors();
  // For the journal, the log and HTTP.
  int reserve = limit / 4 < 64 ? limit / 4 : 64;
  struct peer peer = peer_of(file);
  int is_local = peer.family == AF_UNIX;
  int is_remote = peer.family == AF_INET || peer.family == AF_INET6;
  int is_foreign = is_local && peer.uid != geteuid() && peer.uid != 0;

  uint64_t *reason = NULL;
  if (file >= limit - reserve)
    reason = &counts.refused_for_reserve;
  else if (is_local && peer.pid != getpid() && has_all(&peer, of_process, per_process))
    reason = &counts.refused_for_process;
  // Processes are cheap: another user's, however many, leave half of the places to ours.
  else if (is_foreign && has_all(&peer, of_user, (limit - reserve) / 2))
    reason = &counts.refused_for_user;
  else if (is_remote && has_all(&peer, of_address, (limit - reserve) / 2))
    reason = &counts.refused_for_address;
  if (reason != NULL) {
    counts.refused_pid = peer.pid;
    counts.refused_uid = peer.uid;
    counts.refused_gid = peer.gid;
    return reason;
  }
  table[file] = (struct connection){cookie_of(file), peer};
  handshake_begin(file, table[file].cookie);
  if (file >= table_end) table_end = file + 1;
  return NULL;
}

static void take_spare(void) {
  if (spare < 0) spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

// There is no descriptor left: the spare one is given up for as long as it takes to accept the
// connection and to close it.
static void refuse_without_room(int listener) {
  int file = -1;
  if (spare >= 0) {
    close(spare);
    spare = -1;
    file = (int)syscall(SYS_accept4, listener, NULL, NULL, SOCK_CLOEXEC);
    if (file >= 0) close(file);
    take_spare();
  }
  counts.refused_for_reserve++;
  // Another thread was faster, or the machine has none left. The listener stays readable, and must
  // not be spun upon.
  if (file < 0) poll(NULL, 0, 10);
}

static int refuse(void) {
  errno = ECONNABORTED;
  return -1;
}

static int guarded(int listener, struct sockaddr *address, socklen_t *length, int flags) {
  int file = (int)syscall(SYS_accept4, listener, address, length, flags);
  if (file < 0 && errno != EMFILE && errno != ENFILE) return -1;
  pthread_mutex_lock(&lock);
  if (file < 0) {
    refuse_without_room(listener);
    pthread_mutex_unlock(&lock);
    return refuse();
  }
  take_spare();
  uint64_t *reason = judge(file);
  if (reason != NULL) (*reason)++;
  pthread_mutex_unlock(&lock);
  if (reason == NULL) return file;
  close(file);
  return refuse();
}

int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
  // An event loop of our own (HTTP): it has a limit of its own, lives with a full table, and is one
  // of those that the reserve is for. libzmq 4.3.4 never asks for SOCK_NONBLOCK.
  if (flags & SOCK_NONBLOCK) return (int)syscall(SYS_accept4, listener, address, length, flags);
  return guarded(listener, address, length, flags);
}

int accept(int listener, struct sockaddr *address, socklen_t *length) {
  return guarded(listener, address, length, 0);
}

void cprocess_limit_connections(int share) {
  pthread_mutex_lock(&lock);
  per_process = share;
  pthread_mutex_unlock(&lock);
}

struct cprocess_connections cprocess_connections(void) {
  pthread_mutex_lock(&lock);
  struct cprocess_connections now = counts;
  now.refused_for_name = handshake_refusals();
  pthread_mutex_unlock(&lock);
  return now;
}

int cprocess_get_peer(int file, struct cprocess_peer *peer) {
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(file, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -1;
  *peer = (struct cprocess_peer){credentials.uid, credentials.gid, credentials.pid};
  return 0;
}

static int is_busy(int file) {
  int unread = 0, unsent = 0;
  ioctl(file, SIOCINQ, &unread);
  ioctl(file, SIOCOUTQ, &unsent);
  return unread > 0 || unsent > 0;
}

int cprocess_cut(int only_busy) {
  int cut = 0;
  pthread_mutex_lock(&lock);
  for (int number = 0; number < table_end; number++) {
    if (table[number].cookie == 0) continue;
    // A descriptor of our own: the number may become another socket's at any moment.
    int file = fcntl(number, F_DUPFD_CLOEXEC, 3);
    if (file < 0) continue;
    if (cookie_of(file) != table[number].cookie) {
      table[number].cookie = 0;
    } else if (!only_busy || is_busy(file)) {
      shutdown(file, SHUT_RDWR);
      cut++;
    }
    close(file);
  }
  counts.cut += (uint64_t)cut;
  pthread_mutex_unlock(&lock);
  return cut;
}
