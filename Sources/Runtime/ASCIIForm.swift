/// A value with a short text of ASCII, which is read and written without a string between.
package protocol ASCIIForm {
  /// The number of bytes of the longest text.
  static var longestText: Int { get }

  /// Reads a text; nil for anything else.
  init?(ascii text: UnsafeBufferPointer<UInt8>)

  /// Writes the text into room for the longest one.
  ///
  /// - Returns: the number of its bytes.
  func write(ascii text: UnsafeMutableBufferPointer<UInt8>) -> Int
}

extension ASCIIForm {
  package init?(ascii text: String) {
    var text = text
    guard let value = text.withUTF8(Self.init(ascii:)) else { return nil }
    self = value
  }

  package var text: String {
    String(unsafeUninitializedCapacity: Self.longestText, initializingUTF8With: write(ascii:))
  }
}
