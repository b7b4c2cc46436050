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

  /// The whole address.
  let uri: String
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

  /// Whether a text is meant as an address, and not as a path.
  static func isAddress(_ text: String) -> Bool {
    text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
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
  /// Whether other processes may write to the journal too.
  let isShared: Bool

  /// A database that one process at a time writes to.
  ///
  /// - Parameters:
  ///   - address: its address.
  ///   - folder: the service's folder of state.
  public init(_ address: PostgreSQLAddress, folder: String? = nil) {
    self.init(address, folder: folder, isShared: false)
  }

  /// A database that several processes may write to.
  ///
  /// - Parameters:
  ///   - address: its address.
  ///   - folder: the service's folder of state.
  ///   - isShared: whether other processes may write to it at the same time.
  package init(_ address: PostgreSQLAddress, folder: String? = nil, isShared: Bool) {
    self.address = address
    self.folder = folder
    self.isShared = isShared
  }
}
