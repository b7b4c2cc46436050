import Foundation
import Glibc
import Synchronization

/// A collector of spans at a port of loopback, which answers as a test wants.
///
/// It is made of bare sockets, so that it can do what no HTTP server does.
final class TestCollector: Sendable {
  /// The answer to a request.
  enum Behaviour: Sendable {
    /// The spans are kept, and the status is 200 with this body.
    case accept(body: String = "{}")
    /// The spans are not kept.
    case refuse(status: Int, fields: String = "")
    /// The connection stays open, without a byte.
    case hang
    case close
    case garbage
  }

  let port: Int
  /// Yields after each request that was read.
  let arrivals: AsyncStream<Void>
  private let arrived: AsyncStream<Void>.Continuation
  private let listener: Int32
  private let state: Mutex<State>

  private struct State {
    var behaviour: Behaviour
    var spans: [CollectedSpan] = []
    var requests = 0
    var heads: [String] = []
  }

  var endpoint: String { "http://127.0.0.1:\(port)" }
  /// The spans that were accepted.
  var spans: [CollectedSpan] { state.withLock { $0.spans } }
  /// The number of requests that were read.
  var requests: Int { state.withLock { $0.requests } }
  /// The heads of the requests.
  var heads: [String] { state.withLock { $0.heads } }

  init(_ behaviour: Behaviour = .accept()) throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let file = listener
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(file, address, length) == 0 && listen(file, 16) == 0
          ? getsockname(file, address, &length) : -1
      }
    }
    guard status == 0 else { throw CollectorFailure(code: errno) }
    port = Int(UInt16(bigEndian: address.sin_port))
    state = Mutex(State(behaviour: behaviour))
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    arrivals = stream
    arrived = continuation
    Thread.detachNewThread { [self] in serve() }
  }

  /// Changes the answer to later requests.
  func answer(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }

  /// Closes the port; a later connection is refused.
  func stop() {
    // The thread that accepts closes it: its number would else be another collector's, of which that
    // thread would take the connections.
    shutdown(listener, Int32(SHUT_RDWR))
    arrived.finish()
  }

  /// Waits until the spans are those that a test wants.
  func spans(until isComplete: ([CollectedSpan]) -> Bool) async -> [CollectedSpan] {
    var iterator = arrivals.makeAsyncIterator()
    while !isComplete(spans), await iterator.next() != nil {}
    return spans
  }

  /// Waits until a number of requests was read.
  func requests(atLeast count: Int) async {
    var iterator = arrivals.makeAsyncIterator()
    while requests < count, await iterator.next() != nil {}
  }

  private func serve() {
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else {
        close(listener)
        return
      }
      Thread.detachNewThread { [self] in
        serve(connection)
        close(connection)
      }
    }
  }

  private func serve(_ connection: Int32) {
    var bytes = Data()
    while let request = nextRequest(connection, &bytes) {
      let behaviour = state.withLock { state in
        state.requests += 1
        state.heads.append(request.head)
        if case .accept = state.behaviour {
          state.spans += CollectedSpan.all(in: request.body)
        }
        return state.behaviour
      }
      arrived.yield()
      switch behaviour {
      case .accept(let body): respond(connection, status: 200, fields: "", body: body)
      case .refuse(let status, let fields):
        respond(connection, status: status, fields: fields, body: "no")
      case .hang: while receive(connection, &bytes) {}
      case .garbage: write(connection, "\u{0}\u{1}what is this\r\n\r\n")
      case .close: return
      }
      if case .garbage = behaviour { return }
    }
  }

  private func nextRequest(
    _ connection: Int32, _ bytes: inout Data
  ) -> (head: String, body: Data)? {
    let mark = Data("\r\n\r\n".utf8)
    while true {
      if let end = bytes.range(of: mark) {
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let length = head.lowercased().firstMatch(of: /content-length: *([0-9]+)/)
        let count = length.flatMap { Int($0.1) } ?? 0
        if bytes.endIndex - end.upperBound >= count {
          let body = Data(bytes[end.upperBound..<(end.upperBound + count)])
          bytes = Data(bytes[(end.upperBound + count)...])
          return (head, body)
        }
      }
      guard receive(connection, &bytes) else { return nil }
    }
  }

  private func receive(_ connection: Int32, _ bytes: inout Data) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(connection, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    bytes.append(contentsOf: buffer.prefix(count))
    return true
  }

  private func respond(_ connection: Int32, status: Int, fields: String, body: String) {
    write(
      connection,
      "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
  }

  private func write(_ connection: Int32, _ text: String) {
    let bytes = Array(text.utf8)
    _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
}

struct CollectorFailure: Error {
  let code: Int32
}

/// A span as a collector reads it.
struct CollectedSpan: Decodable, Sendable {
  struct Link: Decodable, Sendable {
    let traceId: String
    let spanId: String
  }

  struct Status: Decodable, Sendable {
    let code: Int
  }

  struct Attribute: Decodable, Sendable {
    let key: String
    let value: Value
  }

  struct Value: Decodable, Sendable {
    let stringValue: String?
    let intValue: String?
    let doubleValue: Double?

    var text: String? { stringValue ?? intValue ?? doubleValue.map { "\($0)" } }
  }

  let traceId: String
  let spanId: String
  let parentSpanId: String?
  let traceState: String?
  let name: String
  let kind: Int
  let startTimeUnixNano: String
  let endTimeUnixNano: String
  let attributes: [Attribute]
  let links: [Link]?
  let status: Status?
  /// The service that has sent it.
  private(set) var service = ""

  private enum CodingKeys: String, CodingKey {
    case traceId, spanId, parentSpanId, traceState, name, kind, startTimeUnixNano
    case endTimeUnixNano, attributes, links, status
  }

  subscript(name: String) -> String? { attributes.first { $0.key == name }?.value.text }

  private struct Body: Decodable {
    let resourceSpans: [Resource]

    struct Resource: Decodable {
      let resource: Attributes
      let scopeSpans: [Scope]
    }

    struct Attributes: Decodable {
      let attributes: [Attribute]
    }

    struct Scope: Decodable {
      let spans: [CollectedSpan]
    }
  }

  static func all(in body: Data) -> [CollectedSpan] {
    guard let body = try? JSONDecoder().decode(Body.self, from: body) else { return [] }
    return body.resourceSpans.flatMap { resource in
      let service = resource.resource.attributes.first { $0.key == "service.name" }?.value.text
      return resource.scopeSpans.flatMap(\.spans).map { span in
        var span = span
        span.service = service ?? ""
        return span
      }
    }
  }
}
