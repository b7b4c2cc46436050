import Foundation
import Glibc

/// A wall clock that a test sets, for the programs that are started with its ``environment``: a
/// small library before libc's adds the seconds in a file to `CLOCK_REALTIME`.
struct ShiftedClock {
  /// Whether the library can be built here.
  static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/cc")

  private static let source = """
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    #include <sys/syscall.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>

    static volatile long long *shift;

    __attribute__((constructor)) static void begin(void) {
      int file = open(getenv("CLOCK_SHIFT"), O_RDONLY | O_CLOEXEC);
      shift = mmap(0, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
      close(file);
    }

    int clock_gettime(clockid_t clock, struct timespec *time) {
      long failure = syscall(SYS_clock_gettime, clock, time);
      int isWall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
      if (failure == 0 && isWall && shift) time->tv_sec += *shift;
      return failure;
    }

    int gettimeofday(struct timeval *restrict time, void *restrict zone) {
      struct timespec now;
      if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
      time->tv_sec = now.tv_sec;
      time->tv_usec = now.tv_nsec / 1000;
      return 0;
    }

    time_t time(time_t *result) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      if (result) *result = now.tv_sec;
      return now.tv_sec;
    }
    """

  /// Ten years, in seconds.
  static let decade = 315_532_800

  private let folder: String
  private let file: String

  /// Builds the library in a folder; the clock is right at first.
  ///
  /// - Parameters:
  ///   - folder: where the programs see the library.
  ///   - root: the root folder of the programs, where it is not that of the tests.
  init(in folder: String, root: String = "") async throws {
    self.folder = folder
    file = root + folder + "/clock.shift"
    try Data(repeating: 0, count: 8).write(to: URL(fileURLWithPath: file))
    let source = root + folder + "/clock.c"
    try Data(Self.source.utf8).write(to: URL(fileURLWithPath: source))
    let library = root + folder + "/clock.so"
    try await command("cc", "-shared", "-fPIC", "-O1", "-o", library, source)
  }

  /// The variables of the programs whose clock it is.
  var environment: [String: String] {
    ["LD_PRELOAD": folder + "/clock.so", "CLOCK_SHIFT": folder + "/clock.shift"]
  }

  /// Sets the clock so many seconds from the right time.
  func set(by seconds: Int) throws {
    let descriptor = open(file, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemFailure(file, errno) }
    defer { close(descriptor) }
    var value = Int64(seconds)
    guard pwrite(descriptor, &value, 8, 0) == 8 else { throw SystemFailure(file, errno) }
  }
}
