import Events

/// All keys of a service: those that every service has, and its own.
struct ConfigurationTable: Sendable {
  let service: String
  let keys: [KeyDeclaration]

  init(service: String, keys: [KeyDeclaration]) {
    self.service = service
    self.keys = keys
    precondition(
      Set(keys.map(\.name)).count == keys.count, "\(service) declares a key of its own twice")
  }

  init(of room: any Room.Type) {
    let keys: [any DeclaredKey] =
      HTTPKeys.all(port: room.port) + [StateKeys.folder, StateKeys.journal, StateKeys.replica]
      + BusKeys.all
      + FollowKeys.all(room.follows) + ConsumerKeys.all(room.followers)
      + [PublishingKeys.pins(of: room.publishes)] + RetentionKeys.all(watchers: room.watchers)
      + LogKeys.all + [MetricsKeys.isEnabled, TraceKeys.endpoint] + room.keys
    self.init(service: room.name, keys: keys.map(\.declaration))
  }

  /// The key as a file has it, `alpha.http.port`.
  func fullName(_ key: KeyDeclaration) -> String { "\(service).\(key.name)" }

  /// The key as the environment has it, `ALPHA_HTTP_PORT`.
  func variable(_ key: KeyDeclaration) -> String {
    String(fullName(key).uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
  }

  /// The key as the command line has it, `--alpha-http-port`.
  func flag(_ key: KeyDeclaration) -> String {
    "--" + String(fullName(key).map { $0 == "." ? "-" : $0 })
  }

  /// The prefix of every variable of this service.
  var variablePrefix: String {
    String(service.uppercased().map { $0 == "-" ? "_" : $0 }) + "_"
  }
}
