#include "CWireBench.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { HEADER = 48, BODY = 400, SEQUENCE = 16, PATIENCE_MS = 10000 };

static const char topic[] = "producer/bench.hopped/v1/";

struct subscriber {
  void *socket;
  uint64_t messages;
  struct cwirebench_result *result;
  double ended;
  int error;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int receive_frame(void *socket, char *buffer, size_t size) {
  int count;
  do {
    count = zmq_recv(socket, buffer, size, 0);
  } while (count < 0 && errno == EINTR);
  return count;
}

static void *receive(void *argument) {
  struct subscriber *self = argument;
  char frame[BODY];
  while (self->result->received < self->messages) {
    uint64_t sequence = 0;
    if (receive_frame(self->socket, frame, sizeof frame) < 0 ||
        receive_frame(self->socket, frame, sizeof frame) < 0) {
      self->error = errno;
      break;
    }
    memcpy(&sequence, frame + SEQUENCE, sizeof sequence);
    if (receive_frame(self->socket, frame, sizeof frame) < 0) {
      self->error = errno;
      break;
    }
    self->result->received++;
    if (sequence != self->result->received) self->result->gaps++;
  }
  self->ended = now();
  return NULL;
}

static int send_frame(void *socket, const void *bytes, size_t size, int flags) {
  int count;
  do {
    count = zmq_send(socket, bytes, size, flags);
  } while (count < 0 && errno == EINTR);
  return count < 0 ? errno : 0;
}

static int send_all(void *socket, uint64_t messages) {
  char header[HEADER] = "EV", body[BODY];
  memset(body, 'x', sizeof body);
  for (uint64_t sequence = 1; sequence <= messages; sequence++) {
    memcpy(header + SEQUENCE, &sequence, sizeof sequence);
    int error = send_frame(socket, topic, sizeof topic - 1, ZMQ_SNDMORE);
    if (!error) error = send_frame(socket, header, sizeof header, ZMQ_SNDMORE);
    if (!error) error = send_frame(socket, body, sizeof body, 0);
    if (error) return error;
  }
  return 0;
}

static int set(void *socket, int option, int value) {
  return zmq_setsockopt(socket, option, &value, sizeof value);
}

// Sends from this thread while another one receives.
static int measure(void *publisher, struct subscriber *subscriber) {
  char subscription[64];
  if (receive_frame(publisher, subscription, sizeof subscription) < 1) return errno;
  pthread_t thread;
  int error = pthread_create(&thread, NULL, receive, subscriber);
  if (error) return error;
  double started = now();
  error = send_all(publisher, subscriber->messages);
  pthread_join(thread, NULL);
  subscriber->result->seconds = subscriber->ended - started;
  return error ? error : subscriber->error;
}

int cwirebench_run(
    const char *endpoint, uint64_t messages, int send_queue, int receive_queue,
    struct cwirebench_result *result) {
  memset(result, 0, sizeof *result);
  void *contexts[] = {zmq_ctx_new(), zmq_ctx_new()};
  void *publisher = zmq_socket(contexts[0], ZMQ_XPUB);
  void *socket = zmq_socket(contexts[1], ZMQ_SUB);
  struct subscriber subscriber = {socket, messages, result, 0, 0};
  int error = 0;
  if (set(publisher, ZMQ_SNDHWM, send_queue) || set(publisher, ZMQ_XPUB_NODROP, 1) ||
      set(publisher, ZMQ_RCVTIMEO, PATIENCE_MS) || set(publisher, ZMQ_SNDTIMEO, PATIENCE_MS) ||
      set(publisher, ZMQ_LINGER, 0) || zmq_bind(publisher, endpoint) ||
      set(socket, ZMQ_RCVHWM, receive_queue) || set(socket, ZMQ_RCVTIMEO, PATIENCE_MS) ||
      set(socket, ZMQ_LINGER, 0) || zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic, 9) ||
      zmq_connect(socket, endpoint)) {
    error = errno;
  } else {
    error = measure(publisher, &subscriber);
  }
  zmq_close(publisher);
  zmq_close(socket);
  for (int index = 0; index < 2; index++) zmq_ctx_term(contexts[index]);
  return error;
}

const char *cwirebench_error(int error) { return zmq_strerror(error); }
