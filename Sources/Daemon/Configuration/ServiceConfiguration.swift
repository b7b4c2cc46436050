import Journal

/// The effective configuration of a service.
///
/// A value is read by its key, for example `configuration[HTTPKeys.port]`.
public struct ServiceConfiguration: Sendable {
  struct Entry: Sendable {
    let key: KeyDeclaration
    let value: ConfigurationValue
    let source: ConfigurationSource
  }

  /// The service.
  public let service: String
  /// The folder of the sockets, absolute.
  public let runFolder: String
  /// The file that was read; nil for none.
  var file: String?
  /// In the order of the table.
  var entries: [Entry]

  /// The value of a key.
  public subscript<Value>(key: ConfigurationKey<Value>) -> Value {
    key.value(from: self[key.declaration.name])
  }

  /// Where the journal is kept: in the configured database, or in a file of the state folder.
  var journal: ServiceJournal.Place {
    let folder = self[StateKeys.folder]
    guard let address = self[StateKeys.journal] else { return .file("\(folder)/journal.sqlite") }
    return .postgreSQL(PostgreSQLPlace(address, folder: folder, replica: replica))
  }

  /// The name of the process among the replicas of the service; nil where it has the journal alone.
  var replica: String? {
    let name = self[StateKeys.replica]
    return name.isEmpty ? nil : name
  }

  /// Only declared keys are read; any other key is a mistake of the programmer.
  private subscript(name: String) -> ConfigurationValue {
    guard let entry = entries.first(where: { $0.key.name == name }) else {
      preconditionFailure("\(service) declares no key \(name)")
    }
    return entry.value
  }
}

extension ServiceConfiguration {
  /// A configuration without a process around it, for tests and simulations.
  ///
  /// - Parameters:
  ///   - room: the service.
  ///   - values: the values that differ from the default, by the key without the service.
  ///   - run: the folder of the sockets.
  ///   - state: the folder of the journal.
  /// - Throws: the sentences for unknown keys and bad values.
  public init(
    of room: any Room.Type, values: [String: String] = [:], run: String = "/run/eventually",
    state: String = "/var/lib/eventually"
  ) throws {
    let table = ConfigurationTable(of: room)
    try self.init(
      table, places: Places(service: table.service, run: run, state: state), folder: "/", file: nil,
      problems: values.keys.sorted().filter { name in
        !table.keys.contains { $0.name == name }
      }.map { ConfigurationProblem("\($0) is not a key of \(table.service)") }
    ) { key in
      values[key.name].map { ($0, .commandLine) }
    }
  }

  /// Values that are right alone, and not together.
  private static func contradictions(in entries: [Entry], _ table: ConfigurationTable)
    -> [ConfigurationProblem]
  {
    func list(_ name: String) -> (names: [String], entry: Entry)? {
      guard let entry = entries.first(where: { $0.key.name == name }),
        case .list(let names) = entry.value
      else { return nil }
      return (names, entry)
    }
    guard let consumers = list("consumers"), let users = list("consumers.users") else { return [] }
    return unequalReplicas(in: entries, table)
      + users.names.compactMap(consumerUser).filter { !consumers.names.contains($0.name) }.map {
        ConfigurationProblem(
          """
          \(users.entry.source): \(table.fullName(users.entry.key)) names “\($0.name)”, and it is \
          no consumer. Add it to \(table.fullName(consumers.entry.key)), or take it out here.
          """)
      }
  }

  /// A replica without a database that it may share, and streams with unlike numbers of addresses.
  private static func unequalReplicas(in entries: [Entry], _ table: ConfigurationTable)
    -> [ConfigurationProblem]
  {
    func entry(_ name: String) -> Entry? { entries.first { $0.key.name == name } }
    var problems: [ConfigurationProblem] = []
    if let replica = entry(StateKeys.replica.declaration.name), !replica.value.text.isEmpty,
      entry(StateKeys.journal.declaration.name)?.value.database == nil
    {
      problems.append(
        ConfigurationProblem(
          """
          \(replica.source): \(table.fullName(replica.key)) needs a journal that processes can share. \
          Set \(table.service).journal to a database of PostgreSQL, or take it out.
          """))
    }
    for log in entries where log.key.name.hasPrefix("follow.") && log.key.name.hasSuffix(".log") {
      let name = String(log.key.name.dropLast(".log".count)) + ".events"
      guard let events = entry(name), events.value.list?.count != log.value.list?.count else {
        continue
      }
      problems.append(
        ConfigurationProblem(
          """
          \(log.source): \(table.fullName(log.key)) needs one address for each of \
          \(table.fullName(events.key)), in the same order.
          """))
    }
    return problems
  }

  /// Reads every key of a table, and collects everything that is wrong.
  init(
    _ table: ConfigurationTable, places: Places, folder: String, file: String?,
    problems: [ConfigurationProblem],
    find: (KeyDeclaration) -> (text: String, source: ConfigurationSource)?
  ) throws(ConfigurationProblems) {
    var problems = problems
    var entries: [Entry] = []
    for key in table.keys {
      let (text, source) = find(key) ?? (key.fallback.value(places), .fallback)
      do {
        let value = try key.kind.read(text, from: folder)
        entries.append(Entry(key: key, value: value, source: source))
      } catch {
        problems.append(
          ConfigurationProblem(
            "\(source): \(table.fullName(key)) is \(key.quoted(text)), and \(error.sentence)."))
      }
    }
    problems += Self.contradictions(in: entries, table)
    problems += entries.insecure(in: table)
    guard problems.isEmpty else { throw ConfigurationProblems(problems) }
    service = table.service
    runFolder = places.run
    self.file = file
    self.entries = entries
  }
}

extension [ServiceConfiguration.Entry] {
  /// The endpoints that have neither encryption nor authentication.
  fileprivate var open: [ServiceConfiguration.Entry] {
    filter { entry in
      switch entry.key.kind {
      case .endpoint: entry.value.text.hasPrefix("tcp://")
      case .endpoints: entry.value.list?.contains { $0.hasPrefix("tcp://") } == true
      default: false
      }
    }
  }

  /// The problems of open endpoints that are not allowed.
  fileprivate func insecure(in table: ConfigurationTable) -> [ConfigurationProblem] {
    let insecureKey = BusKeys.insecure.declaration.name
    guard !contains(where: { $0.key.name == insecureKey && $0.value.text == "true" }) else {
      return []
    }
    return open.map { entry in
      ConfigurationProblem(
        """
        \(entry.source): \(table.fullName(entry.key)) is “\(entry.value.text)”, and tcp:// has \
        neither encryption nor authentication. Use ipc://, or set \
        \(table.service).\(insecureKey): true where every machine that reaches it is trusted.
        """)
    }
  }
}

extension ServiceConfiguration {
  /// The keys and endpoints that any machine that reaches them can read and write.
  var openEndpoints: [String] {
    entries.open.map { "\(service).\($0.key.name) (\($0.value.text))" }
  }
}
