/// An error that no restart mends: a person must change the configuration, or what it names.
///
/// A daemon that ends with one says so by its exit code, and nobody starts it again by itself.
public protocol NeedsMending: Error {}
