import CPostgreSQL
import FoundationEssentials

/// Owns a result of libpq, whose values are in binary form.
struct PostgreSQLResult: ~Copyable {
  private let pointer: OpaquePointer

  init(owning pointer: OpaquePointer) {
    self.pointer = pointer
  }

  deinit { PQclear(pointer) }

  /// The kinds of results.
  enum Kind {
    /// The statement was done.
    case done
    /// A statement before it failed, and it was not begun.
    case skipped
    /// The end of a part of the pipeline.
    case synchronized
    case failed(PostgreSQLFailure)
  }

  var kind: Kind {
    switch PQresultStatus(pointer) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: .done
    case PGRES_PIPELINE_ABORTED: .skipped
    case PGRES_PIPELINE_SYNC: .synchronized
    default: .failed(failure)
    }
  }

  /// The name of the command that was done, for example `COMMIT`.
  var command: String { String(cString: PQcmdStatus(pointer)) }

  /// The names of the columns.
  var columns: [String] {
    (0..<PQnfields(pointer)).map { column in
      PQfname(pointer, column).map { String(cString: $0) } ?? ""
    }
  }

  /// All rows.
  ///
  /// - Parameter names: the names of the columns.
  /// - Throws: ``JournalError`` for a number that no integer of the database holds.
  borrowing func rows(columns names: [String]) throws -> [Row] {
    var rows: [Row] = []
    let types = names.indices.map { PQftype(pointer, Int32($0)) }
    for row in 0..<PQntuples(pointer) {
      var values: [SQLArgument] = []
      values.reserveCapacity(types.count)
      for (column, type) in types.enumerated() {
        values.append(try value(row: row, column: Int32(column), type: type))
      }
      rows.append(Row(columns: names, values: values))
    }
    return rows
  }

  private borrowing func value(row: Int32, column: Int32, type: Oid) throws -> SQLArgument {
    if PQgetisnull(pointer, row, column) == 1 { return .null }
    let bytes = UnsafeRawBufferPointer(
      start: PQgetvalue(pointer, row, column), count: Int(PQgetlength(pointer, row, column)))
    return switch type {
    case TypeNumber.bigint: .integer(Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
    case TypeNumber.integer: .integer(Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))))
    case TypeNumber.smallint: .integer(Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self))))
    case TypeNumber.boolean: .integer(bytes[0] == 0 ? 0 : 1)
    case TypeNumber.bytes: .blob(Data(bytes))
    case TypeNumber.numeric: try integer(ofNumeric: bytes)
    default: .text(String(decoding: bytes, as: UTF8.self))
    }
  }

  /// The types of PostgreSQL that are read as other values than text; their numbers are fixed.
  private enum TypeNumber {
    static let boolean: Oid = 16
    static let bytes: Oid = 17
    static let bigint: Oid = 20
    static let smallint: Oid = 21
    static let integer: Oid = 23
    static let numeric: Oid = 1700
  }
}

// MARK: Sums

/// The whole number of a NUMERIC, the type of a sum: digits of 10,000, the first of which counts
/// 10,000 to the power of the weight.
private func integer(ofNumeric bytes: UnsafeRawBufferPointer) throws -> SQLArgument {
  func word(_ place: Int) -> Int16 {
    Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2 * place, as: Int16.self))
  }
  let digits = Int(word(0))
  let weight = Int(word(1))
  let isNegative = word(2) == 0x4000
  var number: Int64 = 0
  for place in 0...max(weight, 0) {
    let digit = place < digits && weight >= 0 ? Int64(word(4 + place)) : 0
    let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10_000)
    let (sum, isAlsoTooLarge) = product.addingReportingOverflow(isNegative ? -digit : digit)
    guard !isTooLarge, !isAlsoTooLarge else {
      throw JournalError(.statement, summary: "a sum is larger than the database's integers")
    }
    number = sum
  }
  // No sum of ours has a fraction: one is left to be found malformed.
  return digits > weight + 1 ? .text("a fraction") : .integer(number)
}

// MARK: Failures

extension PostgreSQLResult {
  private var failure: PostgreSQLFailure {
    func field(_ code: Unicode.Scalar) -> String? {
      PQresultErrorField(pointer, Int32(code.value)).map { String(cString: $0) }
    }
    return PostgreSQLFailure(
      state: field("C"), message: field("M") ?? String(cString: PQresultErrorMessage(pointer)),
      ends: field("V") != "ERROR", table: field("t"), column: field("c"), rule: field("n"),
      source: field("R"))
  }
}
