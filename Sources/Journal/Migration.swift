/// One step of a database's design, run once and in order, in a transaction of its own.
public struct Migration: Sendable {
  /// The name under which it is remembered; it never changes.
  public let name: String
  /// The step of the oldest program that may use the database after this one; empty for any.
  let oldest: String
  private let statements: String
  private let exceptions: [SQLDialect: String]

  /// The older programs that may use a database after a step: those that have it open go on, and
  /// others start on it.
  ///
  /// They read and write the tables as the step leaves them, for as long as replicas of both
  /// versions run; and the program with the step reads what an older one writes.
  public enum OlderPrograms: Hashable, Sendable {
    /// None: the step waits until they are stopped.
    case none
    /// Those that have an earlier step, by its name: this step removes what none of them uses.
    case since(String)
    /// All: for example a new table, or a column that may be empty or has a default.
    case all
  }

  /// A step with a name that is unique in its service, for example `alpha-1-orders`.
  ///
  /// - Parameters:
  ///   - name: the name under which it is remembered.
  ///   - older: the programs without it that may use the database after it.
  ///   - sql: the statements, separated by semicolons.
  public init(_ name: String, beside older: OlderPrograms = .none, sql: String) {
    self.init(name, beside: older, sql: sql, except: [:])
  }

  /// A step that differs between engines, for example in the types of columns.
  ///
  /// - Parameters:
  ///   - older: the programs without it that may use the database after it.
  ///   - sql: the statements, separated by semicolons.
  ///   - exceptions: the statements of the dialects that need others.
  package init(
    _ name: String, beside older: OlderPrograms = .none, sql: String,
    except exceptions: [SQLDialect: String]
  ) {
    self.name = name
    oldest =
      switch older {
      case .none: name
      case .since(let step): step
      case .all: ""
      }
    statements = sql
    self.exceptions = exceptions
  }

  /// The statements for an engine, with those that store ``oldest`` where that is another step.
  package func sql(in dialect: SQLDialect) -> String {
    let sql = exceptions[dialect] ?? statements
    return oldest == name ? sql : "\(sql)\n;\(AppliedSteps.mark(name, oldest: oldest))"
  }
}

/// The SQL of an engine, as far as engines differ.
package enum SQLDialect: Hashable, Sendable {
  case sqlite
  case postgresql
}
