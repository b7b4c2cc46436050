// The transport without this project's binding: what `eventually bench wire` compares it with.
#ifndef EVENTUALLY_CWIREBENCH_H
#define EVENTUALLY_CWIREBENCH_H
#include <stdint.h>

struct cwirebench_result {
  double seconds;     // from the first send to the last receive
  uint64_t received;  // messages
  uint64_t gaps;      // messages that did not have the next number
};

// Sends messages of three frames (topic, 48-byte header, 400-byte body) from a publisher to a
// subscriber over the endpoint, each in a thread and a context of its own. The publisher waits for
// the subscriber where the queues are full (XPUB_NODROP). Returns 0, or libzmq's error number.
int cwirebench_run(
    const char *endpoint, uint64_t messages, int send_queue, int receive_queue,
    struct cwirebench_result *result);

// libzmq's sentence for an error number.
const char *cwirebench_error(int error);

#endif
