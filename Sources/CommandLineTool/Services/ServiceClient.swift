import Daemon
import FoundationEssentials
import NIOHTTP1

/// A service's response over HTTP.
struct ServiceAnswer: Sendable {
  let status: Int
  /// The header field that a service sends with a 503.
  let retryAfter: Duration?
  let body: Data
}

/// A service that did not answer: no listener, or a broken connection.
struct Unreachable: Error, CustomStringConvertible {
  let service: String
  let address: ServiceAddress
  let reason: String

  var description: String {
    let place = service == address.description ? "" : " at \(address)"
    return "\(service) cannot be reached\(place): \(reason)"
  }
}

/// A service that did not answer within the time of the question.
struct Unanswered: Error, CustomStringConvertible {
  let service: String
  let address: ServiceAddress

  var description: String {
    let place = service == address.description ? "" : " at \(address)"
    return "\(service) did not answer in time\(place)"
  }
}

/// Asks one service over HTTP/1.1, a connection for each question.
struct ServiceClient: Sendable {
  /// The name of the service, or its address where it is none of the four.
  let service: String
  let address: ServiceAddress
  /// The name of the replica that is expected there; nil for a service that is asked at one address.
  var replica: String?
  /// The time limit of a request, from the connection to the end of the response.
  var timeout: Duration = .seconds(10)

  /// The option that names the address of this service; nil for one that is named by its address.
  var addressOption: String? { Service(rawValue: service).map { "--\($0) URL" } }

  /// The same client, whose requests take no longer than the rest of a patience.
  func within(_ patience: Patience) -> ServiceClient {
    ServiceClient(service: service, address: address, timeout: min(timeout, patience.left))
  }

  /// - Throws: ``Unreachable`` or ``Unanswered``.
  func get(_ path: String, headers: [String: String] = [:]) async throws -> ServiceAnswer {
    try await ask(.GET, path: path, headers: headers, body: nil)
  }

  /// - Throws: ``Unreachable`` or ``Unanswered``.
  func post(_ path: String, headers: [String: String], body: Data? = nil) async throws
    -> ServiceAnswer
  {
    try await ask(.POST, path: path, headers: headers, body: body)
  }

  /// - Throws: ``Unreachable`` or ``Unanswered``.
  func put(_ path: String, headers: [String: String], body: Data) async throws -> ServiceAnswer {
    try await ask(.PUT, path: path, headers: headers, body: body)
  }

  /// - Throws: ``Unreachable`` or ``Unanswered``.
  func delete(_ path: String, headers: [String: String]) async throws -> ServiceAnswer {
    try await ask(.DELETE, path: path, headers: headers, body: nil)
  }

  // Swift 6.3.1 crashes when it optimizes a coroutine into which this one is inlined.
  @inline(never)
  private func ask(
    _ method: HTTPMethod, path: String, headers: [String: String], body: Data?
  ) async throws -> ServiceAnswer {
    do {
      let place = address.socket.map(HTTPExchange.Place.socket)
      let exchange = HTTPExchange(place ?? .host(address.host, port: address.port))
      let answer = try await exchange.send(
        method, uri: address.path + path, headers: headers, body: body, within: timeout)
      return ServiceAnswer(
        status: answer.status, retryAfter: answer.retryAfter, body: answer.body)
    } catch is HTTPExchange.TimeOver {
      throw Unanswered(service: service, address: address)
    } catch let error as CancellationError {
      throw error
    } catch {
      throw Unreachable(service: service, address: address, reason: HTTPExchange.reason(error))
    }
  }
}

extension ServiceClient {
  /// The client of one of the four.
  init(service: Service, address: ServiceAddress, timeout: Duration = .seconds(10)) {
    self.init(service: service.rawValue, address: address, timeout: timeout)
  }
}
