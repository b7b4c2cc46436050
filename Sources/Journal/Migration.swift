/// One step of a database's design, run once and in order, in a transaction of its own.
public struct Migration: Sendable {
  /// The name under which it is remembered; it never changes.
  public let name: String
  private let statements: String
  private let exceptions: [SQLDialect: String]

  /// A step with a name that is unique in its service, for example `alpha-1-orders`.
  ///
  /// - Parameters:
  ///   - name: the name under which it is remembered.
  ///   - sql: the statements, separated by semicolons.
  public init(_ name: String, sql: String) {
    self.init(name, sql: sql, except: [:])
  }

  /// A step that differs between engines, for example in the types of columns.
  ///
  /// - Parameters:
  ///   - sql: the statements, separated by semicolons.
  ///   - exceptions: the statements of the dialects that need others.
  package init(_ name: String, sql: String, except exceptions: [SQLDialect: String]) {
    self.name = name
    statements = sql
    self.exceptions = exceptions
  }

  /// The statements for an engine.
  package func sql(in dialect: SQLDialect) -> String {
    exceptions[dialect] ?? statements
  }
}

/// The SQL of an engine, as far as engines differ.
package enum SQLDialect: Hashable, Sendable {
  case sqlite
  case postgresql
}
