import Journal

/// A process that `up` runs: a service, or one of its replicas.
struct UpMember: Hashable, Sendable, CustomStringConvertible {
  let service: Service
  /// The name of the replica; nil where the service has one process.
  let replica: String?

  init(_ service: Service, replica: String? = nil) {
    self.service = service
    self.replica = replica
  }

  /// The name before its lines, and of its file of lines: `beta`, `beta-b`.
  var description: String {
    service.rawValue + (replica.map { "-\($0)" } ?? "")
  }
}

/// The replicas that `up` starts of each service, and the server of PostgreSQL that they share.
struct UpReplicas: Sendable {
  /// Their names, one letter each.
  let names: [String]
  /// The address of the server; each service has the database of its name there.
  let server: String
  /// What is before the service in the name of its database.
  let prefix: String

  /// The most replicas of a service.
  static let limit = 9
  /// How far the ports of a replica are above those of the one before it.
  static let portsApart = 10
  /// The place of a name that is not known.
  static let unknownName = "?"

  /// The names of a number of replicas.
  static func names(_ count: Int) -> [String] { "abcdefghi".prefix(count).map(String.init) }

  init(count: Int, server: String, prefix: String = "") {
    names = Self.names(count)
    self.server = server
    self.prefix = prefix
  }

  /// The databases of the services, made where they are missing.
  ///
  /// - Throws: 78, with the server and the reason.
  func makeDatabases() throws(Failure) -> [Service: PostgreSQLAddress] {
    var databases: [Service: PostgreSQLAddress] = [:]
    for service in Service.allCases { databases[service] = try makeDatabase(service.rawValue) }
    return databases
  }

  /// A database, made where it is missing.
  ///
  /// - Throws: 78, with the server and the reason.
  func makeDatabase(_ name: String) throws(Failure) -> PostgreSQLAddress {
    do {
      return try PostgreSQLAddress(server, defaultDatabase: "postgres").makeDatabase(prefix + name)
    } catch let fault as PostgreSQLAddress.Fault {
      throw Failure(.configuration, "--postgresql \(fault)")
    } catch {
      throw Failure(.configuration, "\(error)")
    }
  }

  /// Removes a database, and ends the sessions in it.
  func remove(_ database: PostgreSQLAddress) throws {
    try PostgreSQLAddress(server, defaultDatabase: "postgres").removeDatabase(of: database)
  }
}
