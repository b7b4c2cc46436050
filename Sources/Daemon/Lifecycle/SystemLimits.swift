import Glibc

/// Raises the limit of open files to the system's maximum for this process: each follower and each
/// HTTP client is a descriptor, and the usual limit of 1,024 is meant for programs that use
/// `select`, which no part of a daemon does.
func raiseDescriptorLimit() {
  var limit = rlimit()
  let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  guard getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
  limit.rlim_cur = limit.rlim_max
  // A failure leaves the limit as it was, which is no reason not to start.
  setrlimit(files, &limit)
}

/// The user that this process acts as.
func ownUser() -> UInt32 { geteuid() }

/// The number of a user of this machine; nil when there is none of that name.
func userNumber(_ name: String) -> UInt32? {
  var entry = passwd()
  var found: UnsafeMutablePointer<passwd>?
  var buffer = [CChar](repeating: 0, count: 16_384)
  let code = getpwnam_r(name, &entry, &buffer, buffer.count, &found)
  return code == 0 && found != nil ? entry.pw_uid : nil
}
