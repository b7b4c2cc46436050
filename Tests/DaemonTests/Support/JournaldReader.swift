import Glibc
import Testing

@testable import Daemon

/// A datagram socket in the place of journald's, which reads the records when a test wants it.
final class JournaldReader: Sendable {
  /// A record: its fields, each with all of its values.
  typealias Fields = [String: [String]]

  let path: String
  private let file: Int32

  init(in folder: String) throws {
    path = folder + "/socket"
    file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    let (address, length) = try #require(socketAddress(path))
    let status = withUnsafePointer(to: address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, length) }
    }
    try #require(status == 0, "\(systemError())")
  }

  deinit {
    close(file)
  }

  /// The records that have come, without waiting.
  func waiting() -> [Fields] {
    var records: [Fields] = []
    while let record = next(Int32(MSG_DONTWAIT)) { records.append(record) }
    return records
  }

  /// The next record, once it comes.
  func next() throws -> Fields {
    try #require(next(0))
  }

  private func next(_ flags: Int32) -> Fields? {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var control = [UInt8](repeating: 0, count: 64)
    let (count, passed) = buffer.withUnsafeMutableBytes { buffer in
      control.withUnsafeMutableBytes { control in
        var part = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
        return withUnsafeMutablePointer(to: &part) { part in
          var message = msghdr()
          message.msg_iov = part
          message.msg_iovlen = 1
          message.msg_control = control.baseAddress
          message.msg_controllen = control.count
          let count = recvmsg(file, &message, flags)
          // The descriptor is after the header of the control message.
          let hasFile = count >= 0 && message.msg_controllen >= MemoryLayout<cmsghdr>.size
          return (
            count,
            hasFile
              ? control.load(fromByteOffset: MemoryLayout<cmsghdr>.size, as: Int32.self) : nil
          )
        }
      }
    }
    guard count >= 0 else { return nil }
    return Self.fields(passed.map(Self.content) ?? Array(buffer.prefix(count)))
  }

  /// The bytes of a file that was passed, which must be sealed.
  private static func content(of file: Int32) -> [UInt8] {
    defer { close(file) }
    let getSeals: Int32 = 1034
    #expect(fcntl(file, getSeals, 0) == 15)
    var status = stat()
    fstat(file, &status)
    var bytes = [UInt8](repeating: 0, count: status.st_size)
    #expect(pread(file, &bytes, bytes.count, 0) == bytes.count)
    return bytes
  }

  /// The fields of a record, by journald's native protocol.
  private static func fields(_ record: [UInt8]) -> Fields {
    var fields: Fields = [:]
    var rest = record[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = rest[..<end]
      rest = rest[(end + 1)...]
      if let equal = line.firstIndex(of: UInt8(ascii: "=")) {
        fields[text(line[..<equal]), default: []].append(text(line[(equal + 1)...]))
      } else {
        let count = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(8)
        fields[text(line), default: []].append(text(rest.prefix(count)))
        #expect(rest.dropFirst(count).first == UInt8(ascii: "\n"))
        rest = rest.dropFirst(count + 1)
      }
    }
    #expect(rest.isEmpty)
    return fields
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}

/// A pipe in the place of a standard error.
final class ErrorPipe: Sendable {
  let writing: Int32
  private let reading: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    reading = ends[0]
    writing = ends[1]
  }

  deinit {
    close(reading)
    close(writing)
  }

  /// `JOURNAL_STREAM` as systemd sets it for a service whose standard error this is.
  var stream: String {
    var status = stat()
    fstat(writing, &status)
    return "\(status.st_dev):\(status.st_ino)"
  }

  /// The output of a daemon with this standard error.
  func output(stream: String?) -> LogOutput {
    LogOutput(writing) { $0 == "JOURNAL_STREAM" ? stream : nil }
  }

  /// What was written since the last time.
  func text() -> String {
    var interest = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
    guard poll(&interest, 1, 0) == 1 else { return "" }
    var buffer = [UInt8](repeating: 0, count: 1 << 17)
    let count = read(reading, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }
}
