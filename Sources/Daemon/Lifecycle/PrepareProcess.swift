import Glibc

/// The first thing that a program of ours does: its standard descriptors are there, and a reader
/// that goes away is an error of `write` and no signal.
///
/// A program may be started with its standard input, output or error closed. The next file that is
/// opened would get the number: a log line would be written into the journal or into a lock.
public func prepareProcess() {
  for file in STDIN_FILENO...STDERR_FILENO where fcntl(file, F_GETFD) < 0 {
    // The lowest free number is this one, since those below it are open.
    _ = open("/dev/null", file == STDIN_FILENO ? O_RDONLY : O_WRONLY)
  }
  signal(SIGPIPE, SIG_IGN)
}
