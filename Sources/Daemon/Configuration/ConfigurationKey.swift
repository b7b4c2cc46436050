import Journal

/// A key of a service's configuration, with the type of its values.
///
/// ```swift
/// static let benches = ConfigurationKey.number(
///   "workshop.benches", in: 1...64, default: 8, meaning: "how many work at once")
///
/// static let keys: [any DeclaredKey] = [benches]
///
/// shell.configuration[benches]  // an Int, at most 64
/// ```
public struct ConfigurationKey<Value: Sendable>: DeclaredKey {
  /// The name, kind, default and meaning of the key.
  public let declaration: KeyDeclaration
  private let convert: @Sendable (ConfigurationValue) -> Value?

  init(_ declaration: KeyDeclaration, convert: @escaping @Sendable (ConfigurationValue) -> Value?) {
    self.declaration = declaration
    self.convert = convert
  }

  /// The same key, of which a reload may change the value while the daemon runs.
  ///
  /// Read it from ``Shell/configuration`` at each use: a value that is kept is that of the start.
  public var reloadable: ConfigurationKey {
    var declaration = declaration
    declaration.isReloadable = true
    return ConfigurationKey(declaration, convert: convert)
  }

  /// The value that was read: its kind guarantees that it converts.
  func value(from stored: ConfigurationValue) -> Value {
    guard let value = convert(stored) else {
      preconditionFailure("the key \(declaration.name) is declared with another kind")
    }
    return value
  }
}

/// A key of any type, as a room lists it.
public protocol DeclaredKey: Sendable {
  /// The name, kind, default and meaning of the key.
  var declaration: KeyDeclaration { get }
}

extension ConfigurationKey where Value == Int {
  /// A whole number in a range.
  public static func number(
    _ name: String, in range: ClosedRange<Int>, default fallback: Int, meaning: String
  ) -> ConfigurationKey {
    ConfigurationKey(
      KeyDeclaration(name, in: range, default: fallback, meaning: meaning)
    ) { $0.number }
  }

  /// The same key with another default.
  func defaulting(to fallback: Int) -> ConfigurationKey {
    ConfigurationKey(
      KeyDeclaration(
        declaration.name, kind: declaration.kind, default: .fixed(String(fallback)),
        meaning: declaration.meaning), convert: convert)
  }
}

extension ConfigurationKey where Value == Duration {
  /// A whole number of seconds in a range.
  public static func seconds(
    _ name: String, in range: ClosedRange<Int>, default fallback: Int, meaning: String
  ) -> ConfigurationKey {
    ConfigurationKey(
      KeyDeclaration(name, in: range, default: fallback, meaning: meaning)
    ) { $0.number.map { .seconds($0) } }
  }
}

extension ConfigurationKey where Value: RawRepresentable<String> & CaseIterable {
  /// One of the words of a type.
  public static func choice(
    _ name: String, default fallback: Value, meaning: String
  ) -> ConfigurationKey {
    ConfigurationKey(
      KeyDeclaration(
        name, kind: .choice(Value.allCases.map(\.rawValue)), default: .fixed(fallback.rawValue),
        meaning: meaning)
    ) { Value(rawValue: $0.text) }
  }
}

extension ConfigurationKey where Value == Bool {
  /// `true` or `false`.
  public static func flag(
    _ name: String, default fallback: Bool, meaning: String
  ) -> ConfigurationKey {
    ConfigurationKey(
      KeyDeclaration(
        name, kind: .choice(["true", "false"]), default: .fixed(String(fallback)),
        meaning: meaning)
    ) { Bool($0.text) }
  }
}

extension ConfigurationKey where Value == String {
  /// Any text but the empty one.
  public static func text(
    _ name: String, default fallback: String, meaning: String
  ) -> ConfigurationKey {
    text(name, kind: .text, default: .fixed(fallback), meaning: meaning)
  }

  /// An address of the web, `http://` or `https://`.
  public static func link(
    _ name: String, default fallback: String, meaning: String
  ) -> ConfigurationKey {
    text(name, kind: .link, default: .fixed(fallback), meaning: meaning)
  }

  static func text(
    _ name: String, kind: KeyDeclaration.Kind, default fallback: KeyDeclaration.Fallback,
    meaning: String
  ) -> ConfigurationKey {
    ConfigurationKey(
      KeyDeclaration(name, kind: kind, default: fallback, meaning: meaning)
    ) { $0.text }
  }
}

extension ConfigurationKey where Value == [String] {
  /// Names with commas between them, or none.
  public static func list(
    _ name: String, default fallback: [String], meaning: String
  ) -> ConfigurationKey {
    list(name, kind: .list, default: fallback, meaning: meaning)
  }

  static func list(
    _ name: String, kind: KeyDeclaration.Kind, default fallback: [String] = [], meaning: String
  ) -> ConfigurationKey {
    list(
      name, kind: kind, default: .fixed(fallback.joined(separator: ",")), meaning: meaning)
  }

  static func list(
    _ name: String, kind: KeyDeclaration.Kind, default fallback: KeyDeclaration.Fallback,
    meaning: String
  ) -> ConfigurationKey {
    ConfigurationKey(KeyDeclaration(name, kind: kind, default: fallback, meaning: meaning)) {
      $0.list
    }
  }
}

extension ConfigurationKey where Value == PostgreSQLAddress? {
  /// The address of a database of PostgreSQL; none by default.
  static func database(_ name: String, meaning: String) -> ConfigurationKey {
    ConfigurationKey(
      KeyDeclaration(name, kind: .database, default: .fixed(""), meaning: meaning)
    ) { .some($0.database) }
  }
}

extension ConfigurationKey where Value == UInt32 {
  /// A user of this machine, by default the daemon's own.
  static func user(_ name: String, meaning: String) -> ConfigurationKey {
    ConfigurationKey(
      KeyDeclaration(
        name, kind: .user,
        default: .computed("this daemon's own user") { _ in String(ownUser()) }, meaning: meaning)
    ) { $0.number.flatMap(UInt32.init(exactly:)) }
  }
}

extension KeyDeclaration {
  /// The declaration of a whole number in a range.
  fileprivate init(
    _ name: String, in range: ClosedRange<Int>, default fallback: Int, meaning: String
  ) {
    precondition(range.contains(fallback), "the default of \(name) is outside its range")
    self.init(name, kind: .number(range), default: .fixed(String(fallback)), meaning: meaning)
  }
}
