import FoundationEssentials
import Glibc
import Synchronization

/// The state of an endpoint.
///
/// libzmq does not report it, and retries forever.
public enum Reachability {
  /// The endpoint with an address in place of a name.
  ///
  /// libzmq resolves names itself, but in the thread that serves all its connections: they stop for
  /// as long as a name server does not answer. It cannot bind to a name at all. A name's IPv4
  /// address is preferred to its IPv6 address. Endpoints without a name are returned unchanged,
  /// also those with the name of an interface.
  ///
  /// - Throws: ``ZeroMQError/Code/unknownName``, or `CancellationError`.
  public static func numeric(_ endpoint: String) async throws -> String {
    guard let (host, port) = parts(endpoint), needsLookup(host) else { return endpoint }
    return try await onThread {
      let addresses = try lookup(host, port: port, endpoint: endpoint)
      let chosen = addresses.first { $0.family == AF_INET } ?? addresses[0]
      return "tcp://\(chosen.literal):\(port)"
    }
  }

  /// The reason for which an endpoint cannot be connected to now; nil where it can, or where the
  /// reason is unknown.
  ///
  /// It connects, and closes the connection at once: for ipc without waiting, for tcp within a
  /// second and the time that a name takes.
  ///
  /// - Throws: `CancellationError`.
  public static func problem(of endpoint: String) async throws -> ZeroMQError? {
    if let path = SocketFile.path(of: endpoint) {
      do {
        _ = try SocketFile(at: path)
        _ = try SocketFile.listener(at: path)
        return nil
      } catch {
        return error
      }
    }
    guard let (host, port) = parts(endpoint) else { return nil }
    return try await onThread {
      do throws(ZeroMQError) {
        let addresses = try lookup(host, port: port, endpoint: endpoint)
        try connect(addresses.first { $0.family == AF_INET } ?? addresses[0], endpoint: endpoint)
        return nil
      } catch {
        return error
      }
    }
  }

  /// Host and port of a tcp endpoint, without brackets.
  private static func parts(_ endpoint: String) -> (host: String, port: String)? {
    guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return nil }
    let host = endpoint[..<colon].dropFirst("tcp://".count)
    let bare = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host
    return (String(bare), String(endpoint[endpoint.index(after: colon)...]))
  }

  private static func needsLookup(_ host: String) -> Bool {
    var address = in6_addr()
    return host != "*" && inet_pton(AF_INET, host, &address) != 1
      && inet_pton(AF_INET6, host, &address) != 1 && !host.contains("%")
      && if_nametoindex(host) == 0
  }

  fileprivate struct Address: Sendable {
    let family: Int32
    let bytes: [UInt8]
    /// As an endpoint has it.
    let literal: String
  }

  private static func lookup(
    _ host: String, port: String, endpoint: String
  ) throws(ZeroMQError) -> [Address] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, port, &hints, &list)
    defer { if list != nil { freeaddrinfo(list) } }
    let found = sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }
    let addresses = found.compactMap { $0.flatMap(Address.init) }
    guard code == 0, !addresses.isEmpty else {
      throw ZeroMQError(
        .unknownName, operation: "find the address of", endpoint: endpoint,
        reason: "\(host): \(String(cString: gai_strerror(code)))")
    }
    return addresses
  }

  private static func connect(_ address: Address, endpoint: String) throws(ZeroMQError) {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let file = socket(address.family, kind, 0)
    guard file >= 0 else { throw .last("open a socket") }
    defer { close(file) }
    let status = address.bytes.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) {
        Glibc.connect(file, $0.baseAddress, socklen_t(address.bytes.count))
      }
    }
    guard status != 0 else { return }
    guard errno == EINPROGRESS else { throw .last("connect to", endpoint: endpoint) }
    var interest = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
    let isOver = poll(&interest, 1, 1_000) == 1
    var number: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(file, SOL_SOCKET, SO_ERROR, &number, &size)
    errno = isOver ? number : ETIMEDOUT
    guard errno == 0 else { throw .last("connect to", endpoint: endpoint) }
  }

  /// Runs a blocking call on a thread of its own; the task's cancellation does not wait for it.
  private static func onThread<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let answer = Answer<Value>()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        answer.park(continuation)
        startThread { answer.resume(Result { try work() }) }
      }
    } onCancel: {
      answer.resume(.failure(CancellationError()))
    }
  }
}

extension Reachability.Address {
  fileprivate init?(_ info: UnsafeMutablePointer<addrinfo>) {
    guard let address = info.pointee.ai_addr else { return nil }
    family = info.pointee.ai_family
    bytes = Array(
      UnsafeRawBufferPointer(start: address, count: Int(info.pointee.ai_addrlen)))
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = getnameinfo(
      address, info.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    guard code == 0, let end = text.firstIndex(of: 0) else { return nil }
    let number = String(decoding: text[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
    literal = family == AF_INET6 ? "[\(number)]" : number
  }
}

/// The answer of a thread to a task that may be cancelled before: the first one counts.
private final class Answer<Value: Sendable>: Sendable {
  private enum State {
    case open
    case parked(CheckedContinuation<Value, any Error>)
    case over(Result<Value, any Error>?)
  }

  private let state = Mutex(State.open)

  func park(_ waiter: CheckedContinuation<Value, any Error>) {
    let early = state.withLock { state -> Result<Value, any Error>? in
      guard case .over(let result) = state else {
        state = .parked(waiter)
        return nil
      }
      return result
    }
    if let early { waiter.resume(with: early) }
  }

  func resume(_ result: Result<Value, any Error>) {
    let waiter = state.withLock { state -> CheckedContinuation<Value, any Error>? in
      switch state {
      case .open: state = .over(result)
      case .parked(let waiter):
        state = .over(nil)
        return waiter
      case .over: break
      }
      return nil
    }
    waiter?.resume(with: result)
  }
}
