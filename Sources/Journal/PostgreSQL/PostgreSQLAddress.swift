import CPostgreSQL

/// The address of a database of PostgreSQL: a URI, as libpq reads it.
///
/// Its description has neither the user nor the password, and may be logged.
public struct PostgreSQLAddress: Hashable, Sendable, CustomStringConvertible {
  /// The fault of a text that is no address: the end of a sentence, without the text.
  public struct Fault: Error, CustomStringConvertible {
    /// The fault, for people.
    public let description: String
  }

  /// The whole address, which may have a password in it.
  package let uri: String
  /// The servers and the database.
  public let description: String

  /// Reads an address: `postgresql://alpha@db.example:5432/alpha?sslmode=verify-full`.
  ///
  /// - Throws: ``Fault``.
  public init(_ uri: String) throws(Fault) {
    guard Self.isAddress(uri), !uri.utf8.contains(0) else { throw .form }
    if let reason = PostgreSQLHandle.missingLibrary {
      throw Fault(
        description: """
          needs the library libpq, which cannot be loaded (\(reason)): apt-get install libpq5
          """)
    }
    // The library's own sentence may quote a part of the password.
    guard let options = PQconninfoParse(uri, nil) else { throw .form }
    defer { PQconninfoFree(options) }
    var values: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      values[String(cString: keyword)] = option.pointee.val.map { String(cString: $0) }
      option += 1
    }
    guard let database = values["dbname"], !database.isEmpty else {
      throw Fault(description: "must name a database: postgresql://USER@HOST:PORT/DATABASE")
    }
    let hosts = values["host"] ?? values["hostaddr"] ?? ""
    // Of several hosts, each has a port, which may be empty.
    let port = values["port"].flatMap { $0.allSatisfy { $0 == "," } ? nil : ":\($0)" } ?? ""
    description =
      hosts.hasPrefix("/")
      ? "postgresql:///\(database)?host=\(hosts)\(port)"
      : "postgresql://\(hosts)\(port)/\(database)"
    self.uri = uri
  }

  /// Reads the address of a server, of which one database is meant where it names none.
  ///
  /// - Throws: ``Fault``.
  package init(_ uri: String, defaultDatabase name: String) throws(Fault) {
    guard Self.isAddress(uri) else { throw .form }
    let parts = Self.parts(of: uri)
    try self.init(parts.database.isEmpty ? parts.server + "/" + name + parts.options : uri)
  }

  /// The address of another database of the same server.
  package func ofDatabase(_ name: String) throws(Fault) -> PostgreSQLAddress {
    let parts = Self.parts(of: uri)
    return try PostgreSQLAddress(parts.server + "/" + name + parts.options)
  }

  /// The name of the database.
  var database: String { Self.parts(of: uri).database }

  /// The parts of an address: all before the database, the database, and the question mark and all
  /// after it.
  private static func parts(of uri: String) -> (server: String, database: String, options: String) {
    let (address, options) = uri.split(before: "?")
    let start = address.firstRange(of: "://")?.upperBound ?? address.startIndex
    let (host, database) = String(address[start...]).split(before: "/")
    return (String(address[..<start]) + host, String(database.dropFirst()), options)
  }

  /// Whether a text is meant as an address, and not as a path.
  static func isAddress(_ text: String) -> Bool {
    text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
  }
}

extension String {
  /// The text before the first place of a character, and that from there on.
  fileprivate func split(before character: Character) -> (String, String) {
    let place = firstIndex(of: character) ?? endIndex
    return (String(self[..<place]), String(self[place...]))
  }
}

extension PostgreSQLAddress.Fault {
  fileprivate static let form = PostgreSQLAddress.Fault(
    description: """
      must be postgresql://USER@HOST:PORT/DATABASE, with %XX for each character of a name or a \
      password that is not a letter, a digit or one of - . _ ~
      """)
}

/// A database of PostgreSQL as the place of a journal.
public struct PostgreSQLPlace: Hashable, Sendable {
  /// The address of the database.
  package let address: PostgreSQLAddress
  /// The service's folder of state, in which a file marks that its journal is in PostgreSQL; nil
  /// for no mark.
  let folder: String?
  /// The name of the process among those that write to the journal; nil where it does alone.
  let replica: String?

  /// A database that one process at a time writes to.
  ///
  /// - Parameters:
  ///   - address: its address.
  ///   - folder: the service's folder of state.
  public init(_ address: PostgreSQLAddress, folder: String? = nil) {
    self.init(address, folder: folder, replica: nil)
  }

  /// A database that several processes may write to.
  ///
  /// - Parameters:
  ///   - address: its address.
  ///   - folder: the service's folder of state.
  ///   - replica: the name of the process among them; nil where there are no others.
  package init(_ address: PostgreSQLAddress, folder: String? = nil, replica: String?) {
    self.address = address
    self.folder = folder
    self.replica = replica
  }
}
