import Glibc

/// The native socket of journald, to which each datagram is a record.
///
/// A full socket holds up the sender: it belongs to the thread of a ``LineWriter``.
final class JournaldSocket: Sendable {
  /// Where journald has it.
  static let systemPath = "/run/systemd/journal/socket"

  /// Open for the life of this value; negative without one.
  let file: Int32
  private let path: String

  /// - Parameter path: of the socket; it may be missing, now and later.
  init(_ path: String = systemPath) {
    self.path = path
    file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  }

  deinit {
    if file >= 0 { close(file) }
  }

  /// Sends a record; one that is too large for a datagram is sent as a file in memory.
  ///
  /// - Returns: whether journald has it.
  func send(_ record: [UInt8]) -> Bool {
    var record = record
    let failure = record.withUnsafeMutableBytes { bytes in
      var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
      return withUnsafeMutablePointer(to: &part) { part in
        var message = msghdr()
        message.msg_iov = part
        message.msg_iovlen = 1
        return send(&message)
      }
    }
    return failure == nil || (failure == EMSGSIZE && sendFile(record))
  }

  private func sendFile(_ record: [UInt8]) -> Bool {
    guard let memory = sealedMemory(record) else { return false }
    defer { close(memory) }
    var rights = DescriptorMessage(memory)
    return withUnsafeMutableBytes(of: &rights) { control in
      var message = msghdr()
      message.msg_control = control.baseAddress
      message.msg_controllen = control.count
      return send(&message) == nil
    }
  }

  /// - Returns: the system's number of a failure.
  private func send(_ message: inout msghdr) -> Int32? {
    guard let (place, length) = socketAddress(path) else { return ENAMETOOLONG }
    var address = place
    return withUnsafeMutablePointer(to: &address) { address in
      message.msg_name = UnsafeMutableRawPointer(address)
      message.msg_namelen = length
      while sendmsg(file, &message, Int32(MSG_NOSIGNAL)) < 0 {
        guard errno == EINTR else { return errno }
      }
      return nil
    }
  }
}

/// A control message with one descriptor: `CMSG_SPACE(sizeof(int))` bytes.
private struct DescriptorMessage {
  private let header: cmsghdr
  private let file: Int32
  private let padding: Int32 = 0

  init(_ file: Int32) {
    var header = cmsghdr()
    header.cmsg_len = MemoryLayout<cmsghdr>.size + MemoryLayout<Int32>.size
    header.cmsg_level = SOL_SOCKET
    header.cmsg_type = Int32(SCM_RIGHTS)
    self.header = header
    self.file = file
  }
}

/// A file in memory that cannot be changed any more: otherwise journald does not read it, since the
/// sender could change it meanwhile.
///
/// Linux's own function and numbers are not in the module of the C library.
///
/// - Returns: its descriptor; nil when it cannot be made.
private func sealedMemory(_ bytes: [UInt8]) -> Int32? {
  typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
  guard let function = dlsym(nil, "memfd_create") else { return nil }
  let closesOnExec: UInt32 = 1
  let allowsSeals: UInt32 = 2
  let file = unsafeBitCast(function, to: Create.self)("log-record", closesOnExec | allowsSeals)
  guard file >= 0 else { return nil }
  let addSeals: Int32 = 1033
  // No more seals, and no change of the length or of the bytes.
  let seals: Int32 = 1 | 2 | 4 | 8
  guard writeAll(bytes, to: file) == nil, fcntl(file, addSeals, seals) == 0 else {
    close(file)
    return nil
  }
  return file
}
