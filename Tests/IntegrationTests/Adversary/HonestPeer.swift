import Foundation

/// Another process, which asks a log for its STATUS again and again and does nothing wrong.
///
/// It has its own ZMTP, connects again after a cut, and shares no turn with the attackers of a
/// test, which are this process.
struct HonestPeer {
  private static let script = #"""
    import socket, struct, sys, time
    def connect():
      global peer, stream
      peer = socket.socket(socket.AF_UNIX)
      peer.connect(sys.argv[1])
      stream = peer.makefile("rb")
      peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32))
      ready = b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER"
      peer.sendall(bytes([4, len(ready)]) + ready)
      stream.read(64)
      frame()
    def frame():
      flags = stream.read(1)[0]
      size = struct.unpack(">Q", stream.read(8))[0] if flags & 2 else stream.read(1)[0]
      stream.read(size)
      return flags
    connect()
    while True:
      begin = time.monotonic()
      while True:
        try:
          peer.sendall(b"\x01\x06STATUS\x00\x02{}")
          while frame() & 1: pass
          break
        except (OSError, IndexError):
          connect()
      print(round((time.monotonic() - begin) * 1e6), flush=True)
      time.sleep(0.01)
    """#
  private let process: ChildProcess

  /// - Parameter socket: the path of a log's socket.
  init(_ deployment: Deployment, asking socket: String) throws {
    process = try deployment.shell(#"exec python3 -c "$0" "$1""#, [Self.script, socket])
  }

  /// How many answers came.
  var count: Int { process.lines.all.count }

  /// The median and the 99th percentile of the answers after so many.
  func latency(after count: Int = 0) -> Latency {
    let times = process.lines.all.dropFirst(count).compactMap { Int64($0.text) }.sorted()
    guard let last = times.last else { return Latency() }
    let high = times[min(times.count - 1, times.count * 99 / 100)]
    return Latency(
      count: times.count, median: .microseconds(times[times.count / 2]), high: .microseconds(high),
      longest: .microseconds(last))
  }

  /// Waits for more answers.
  func answers(_ more: Int) async throws {
    for _ in 0..<more { _ = try await process.line("an answer", after: count) { _ in true } }
  }
}

/// How long answers took.
struct Latency: CustomStringConvertible {
  var count = 0
  var median = Duration.zero
  var high = Duration.zero
  var longest = Duration.zero

  var description: String {
    "\(count) answers, median \(median), 99th percentile \(high), longest \(longest)"
  }
}
