import FoundationEssentials
import Glibc

/// The arguments of a statement as libpq takes them: pointers to values, their lengths and forms.
///
/// Numbers and text are in the form of text, of which the server takes the type from the statement;
/// bytes are as they are.
struct ArgumentList {
  private var bytes: [UInt8] = []
  /// Where each value begins; nil for null.
  private var places: [Int?] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []

  /// - Throws: ``JournalError/zeroByte``.
  init(_ arguments: [SQLArgument]) throws {
    places.reserveCapacity(arguments.count)
    for argument in arguments {
      let place = bytes.count
      switch argument {
      case .null: break
      case .integer(let value): bytes += "\(value)".utf8
      case .text(let value):
        bytes += value.utf8
        guard !bytes[place...].contains(0) else { throw JournalError.zeroByte }
      case .blob(let value): bytes += value
      }
      places.append(argument == .null ? nil : place)
      lengths.append(Int32(bytes.count - place))
      if case .blob = argument { formats.append(1) } else { formats.append(0) }
      // A text ends with a zero byte, and no value is without an address.
      bytes.append(0)
    }
  }

  /// Calls a closure with the number of arguments and the lists that libpq reads.
  func withPointers<Value>(
    _ body: (
      Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) -> Value
  ) -> Value {
    bytes.withUnsafeBytes { memory in
      let values = places.map { place in
        place.flatMap { memory.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
      }
      return values.withUnsafeBufferPointer { values in
        lengths.withUnsafeBufferPointer { lengths in
          formats.withUnsafeBufferPointer { formats in
            body(Int32(values.count), values.baseAddress, lengths.baseAddress, formats.baseAddress)
          }
        }
      }
    }
  }
}
