import Events
import FoundationEssentials
import Runtime

/// The requests of the story to the four services.
struct DemoRequests: Sendable {
  private let clients: [Service: ServiceClient]
  private let own: ServiceClient
  private let limit: Duration
  let clock: @Sendable () -> Duration
  /// The options with which the services were named, for another command.
  private let options: String

  /// - Parameter limit: the longest time of each wait.
  init(_ addresses: AddressOptions, limit: Duration, clock: @escaping @Sendable () -> Duration)
    throws(Failure)
  {
    var clients: [Service: ServiceClient] = [:]
    for service in Service.allCases { clients[service] = try addresses.client(service) }
    self.clients = clients
    own = try addresses.client(.alpha)
    self.limit = limit
    self.clock = clock
    options = addresses.repeated
  }

  func client(_ service: Service) -> ServiceClient { clients[service] ?? own }

  /// Reads a document of a service, again and again until it is the expected one.
  ///
  /// - Parameters:
  ///   - path: the path of the document.
  ///   - purpose: the expected result, in the words of the error's sentence.
  ///   - awaits: statuses that mean “not yet”.
  ///   - until: whether the document is the expected one.
  /// - Throws: ``Failure``.
  func get<Value: Decodable & Sendable>(
    _ path: String, from service: Service, purpose: String, awaits: Set<Int> = [],
    until: (Value) -> Bool = { _ in true }
  ) async throws -> Value {
    try await ask(service, purpose: purpose, awaits: awaits, until: until) {
      try await $0.get(path)
    }
  }

  /// Sends a command, which has its effect once however often it is sent.
  ///
  /// - Throws: ``Failure``.
  func post<Value: Decodable & Sendable>(
    _ path: String, to service: Service, purpose: String, request: String, key: String,
    body: Data? = nil, awaits: Set<Int> = []
  ) async throws -> Value {
    let headers = ["X-Request-ID": request, "Idempotency-Key": "\(request)-\(key)"]
    return try await ask(service, purpose: purpose, awaits: awaits) {
      try await $0.post(path, headers: headers, body: body)
    }
  }

  /// Changes the settings in force.
  ///
  /// - Parameter version: the version that must be in force.
  /// - Throws: ``Failure``; a change by another person meanwhile is one too.
  func changeSettings(
    to values: DemoSettings.Values, seen version: Int64, request: String
  ) async throws -> DemoSettings {
    let headers = ["X-Request-ID": request, "If-Match": "\"\(version)\""]
    let body = try values.json()
    return try await ask(.alpha, purpose: "Alpha to change the settings") {
      try await $0.put("/api/settings", headers: headers, body: body)
    }
  }

  private func ask<Value: Decodable & Sendable>(
    _ service: Service, purpose: String, awaits: Set<Int> = [],
    until: (Value) -> Bool = { _ in true },
    asking: (ServiceClient) async throws -> ServiceAnswer
  ) async throws -> Value {
    let further = "To look: `eventually status\(options.isEmpty ? "" : " ")\(options)`."
    return try await Patience(limit, clock).ask(
      client(service), purpose: purpose, further: further, awaits: awaits, until: until,
      asking: asking)
  }
}
