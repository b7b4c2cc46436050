/// An error that no restart mends: a person must change the configuration, or what it names.
///
/// A daemon that ends with one says so by its exit code, and nobody starts it again by itself.
public protocol NeedsMending: Error {}

/// An error that the value at hand is to blame for: trying again does not help.
public protocol Unacceptable: Error {}

/// An error with another one beneath it.
public protocol CausedError: Error {
  /// The error beneath, where there is one.
  var cause: (any Error)? { get }
}
