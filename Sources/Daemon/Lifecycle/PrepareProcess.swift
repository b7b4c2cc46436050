import Glibc

/// Opens the standard descriptors that are closed on `/dev/null`, and makes a reader that goes away
/// an error of `write` instead of a signal; libraries write nothing to syslog.
///
/// Without it, the next file that is opened gets the free number, and log lines are written into
/// the journal or into a lock. Call it in the first statement of `main.swift`: the runtime opens
/// descriptors of its own at the first `await`.
public func prepareProcess() {
  for file in STDIN_FILENO...STDERR_FILENO where fcntl(file, F_GETFD) < 0 {
    // The lowest free number is this one, since those below it are open.
    _ = open("/dev/null", file == STDIN_FILENO ? O_RDONLY : O_WRONLY)
  }
  signal(SIGPIPE, SIG_IGN)
  // The log is not sent by syslog. libdispatch uses it, with the priority of an error, where the
  // system refuses the priority of its own thread, which changes nothing.
  setlogmask(1 << LOG_EMERG)
}
