#define _GNU_SOURCE
#include "CProcess.h"
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static int statm = -1;

// The memory that the process holds, by the second number of statm, in pages; SIZE_MAX if unknown.
static size_t resident(void) {
  if (statm < 0) statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  char text[128];
  ssize_t count = pread(statm, text, sizeof text - 1, 0);
  if (count <= 0) return SIZE_MAX;
  text[count] = 0;
  char *end;
  strtoull(text, &end, 10);
  return (size_t)strtoull(end, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

size_t cprocess_heap_above(size_t limit) {
  // The C library counts by a walk through its lists, under their locks. The kernel's number is
  // never less, but it does not fall when memory is freed.
  if (resident() <= limit) return 0;
  struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

static void seed(void) {
  unsigned int number;
  // It fails only where the kernel has no such call.
  if (getrandom(&number, sizeof number, 0) != sizeof number)
    number = (unsigned int)time(NULL) ^ (unsigned int)getpid() << 16;
  srand(number);
}

void cprocess_seed(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, seed);
}
