/// The process at the other end of an ipc connection, as the kernel knows it (`SO_PEERCRED`).
///
/// The kernel notes it when the connection is made, and the peer cannot choose it. A descriptor
/// that was passed on keeps the process that connected.
public struct Peer: Sendable, Hashable {
  /// The effective user of the process.
  public let uid: UInt32
  /// The effective group of the process.
  public let gid: UInt32
  /// The process, as numbered in this process's namespace; 0 where it has no number there.
  public let pid: Int32

  /// A peer with these numbers, for tests.
  public init(uid: UInt32, gid: UInt32, pid: Int32) {
    self.uid = uid
    self.gid = gid
    self.pid = pid
  }

  /// Reads libzmq's property `Peer-Address`: `localhost:<uid>:<gid>:<pid>` for ipc.
  ///
  /// For tcp it is an address. The word before the numbers must match, because the end of an IPv6
  /// address (`fe80::1:0:0:7`) reads like three numbers.
  init?(address: UnsafePointer<CChar>) {
    var rest = address
    for byte in "localhost".utf8 {
      guard UInt8(bitPattern: rest.pointee) == byte else { return nil }
      rest += 1
    }
    guard let uid = Self.number(&rest), let gid = Self.number(&rest),
      let pid = Self.number(&rest).flatMap(Int32.init(exactly:)), rest.pointee == 0
    else { return nil }
    self.init(uid: uid, gid: gid, pid: pid)
  }

  /// Reads a colon and a decimal number.
  ///
  /// Byte by byte, because this runs for every message of a router.
  private static func number(_ text: inout UnsafePointer<CChar>) -> UInt32? {
    guard UInt8(bitPattern: text.pointee) == UInt8(ascii: ":") else { return nil }
    text += 1
    var value: UInt32 = 0
    let start = text
    while case let digit = UInt8(bitPattern: text.pointee) &- UInt8(ascii: "0"), digit < 10 {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(UInt32(digit))
      guard !overflow, !carry else { return nil }
      value = sum
      text += 1
    }
    return text == start ? nil : value
  }
}
