// recv of the whole process, libzmq's calls included: a definition in the executable goes before that of
// the C library.
//
// libzmq 4.3.4 numbers the peers of a router that have no name of their own: a zero byte and a counter. It
// lets a peer choose any name, these too, and aborts the process when its counter comes to one that is
// taken (router.cpp). The protocol forbids such names (ZMTP 3.0, Identity), and nothing can be set at libzmq.
// So the first bytes of an accepted connection are read along here. A connection that chooses such a name
// ends: its caller reads the end of the stream. So does one of ZMTP 2, which has its name elsewhere.
#define _GNU_SOURCE
#include "CProcess.h"
#include "Handshake.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  table_size = 65536,
  greeting = 64,
  // The greeting and a READY command with a name of 255 bytes, and as much again.
  capacity = 1024,
};

struct handshake {
  uint64_t cookie;
  size_t count;
  unsigned char bytes[capacity];
};

enum verdict { undecided, admitted, refused };

// At the place of its descriptor. A connection is read by one thread at a time.
static struct handshake *handshakes[table_size];
static uint64_t refusals;

void handshake_begin(int file, uint64_t cookie) {
  struct handshake *state = handshakes[file];
  if (state == NULL) state = malloc(sizeof *state);
  // Without memory nothing is read along, and libzmq is about to end the process itself.
  if (state == NULL) return;
  state->cookie = cookie;
  state->count = 0;
  __atomic_store_n(&handshakes[file], state, __ATOMIC_RELEASE);
}

static void end(int file) {
  free(handshakes[file]);
  handshakes[file] = NULL;
}

uint64_t handshake_refusals(void) {
  return __atomic_load_n(&refusals, __ATOMIC_RELAXED);
}

// The properties of READY: a length and a name, a length in four bytes and a value, again and again.
static enum verdict judge_properties(const unsigned char *next, size_t left) {
  while (left > 0) {
    size_t name = next[0];
    if (left < 1 + name + 4) return refused;
    const unsigned char *length = next + 1 + name;
    size_t value =
        (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
    if (left - (1 + name + 4) < value) return refused;
    int is_identity = name == 8 && strncasecmp((const char *)next + 1, "Identity", 8) == 0;
    if (is_identity && value > 0 && length[4] == 0) return refused;
    next += 1 + name + 4 + value;
    left -= 1 + name + 4 + value;
  }
  return admitted;
}

static enum verdict judge(const struct handshake *state) {
  const unsigned char *bytes = state->bytes;
  size_t count = state->count;
  if (count > 0 && bytes[0] != 0xff) {
    // ZMTP 1.0: a length, flags and the name. Another protocol that this process serves by accept
    // begins otherwise.
    if (count < 3) return undecided;
    return bytes[0] > 1 && bytes[2] == 0 ? refused : admitted;
  }
  if (count > 9 && (bytes[9] & 1) == 0) return refused;
  if (count > 10 && bytes[10] < 3) return refused;
  // The command: flags, its length in one byte or eight, and its body.
  if (count < greeting + 2) return undecided;
  const unsigned char *command = bytes + greeting;
  size_t head = command[0] & 2 ? 9 : 2, length = 0;
  if (count < greeting + head) return undecided;
  for (size_t index = 1; index < head; index++) length = length << 8 | command[index];
  if (length > capacity - greeting - head) return refused;
  if (count < greeting + head + length) return undecided;
  const unsigned char *body = command + head;
  if (length < 6 || body[0] != 5 || memcmp(body + 1, "READY", 5) != 0) return refused;
  return judge_properties(body + 6, length - 6);
}

static enum verdict advance(struct handshake *state, const void *bytes, size_t count) {
  size_t room = capacity - state->count;
  memcpy(state->bytes + state->count, bytes, count < room ? count : room);
  state->count += count < room ? count : room;
  enum verdict verdict = judge(state);
  return verdict == undecided && state->count == capacity ? refused : verdict;
}

ssize_t recv(int file, void *buffer, size_t size, int flags) {
  ssize_t count = (ssize_t)syscall(SYS_recvfrom, file, buffer, size, flags, NULL, NULL);
  if (count <= 0 || file < 0 || file >= table_size || flags & MSG_PEEK) return count;
  struct handshake *state = __atomic_load_n(&handshakes[file], __ATOMIC_ACQUIRE);
  if (state == NULL) return count;
  uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  getsockopt(file, SOL_SOCKET, SO_COOKIE, &cookie, &length);
  // The number has become another socket's before the handshake of the first one had ended.
  enum verdict verdict =
      cookie == state->cookie ? advance(state, buffer, (size_t)count) : admitted;
  if (verdict == undecided) return count;
  end(file);
  if (verdict == admitted) return count;
  __atomic_fetch_add(&refusals, 1, __ATOMIC_RELAXED);
  return 0;
}
