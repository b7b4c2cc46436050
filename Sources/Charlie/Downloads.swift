// The charges, the ledger and the fee report as files for spreadsheets (RFC 4180).

import Daemon
import Schema

extension CharlieRoom {
  /// The files: the newest rows first, and `before` continues a file that is full.
  static let downloads: [Route] = [
    .query("/charges.csv", takes: ["before"]) { request, snapshot in
      let charges = try snapshot.charges(try request.fileRows())
      return Spreadsheet(
        [
          "order", "charge", "state", "product", "currency", "total", "price", "fee", "discount",
          "settings version", "code", "reason", "attempts", "at", "request",
        ], rows: charges.items.map(\.cells)
      ).response(named: "charges", next: charges.next)
    },
    .query("/ledger.csv", takes: ["before"]) { request, snapshot in
      let entries = try snapshot.entries(of: nil, try request.fileRows())
      return Spreadsheet(
        ["entry", "order", "at", "account", "currency", "debit", "credit"],
        rows: entries.items.flatMap(\.cells)
      ).response(named: "ledger", next: entries.next)
    },
    .query("/fees.csv") { _, snapshot in
      Spreadsheet(
        [
          "settings version", "state", "currency", "fee", "orders", "carried", "charged",
          "declined", "open",
        ],
        rows: try snapshot.feeReport().fees.map { try $0.cells() }
          + snapshot.feeSums().compactMap(\.unknownCells)
      ).response(named: "fees", next: nil)
    },
  ]
}

extension Request {
  /// The rows of one file: as many as fit into memory easily.
  fileprivate func fileRows() throws -> PageRequest<Identifier> {
    PageRequest(limit: 10_000, before: try page(by: Identifier.self).before)
  }
}

/// A table as comma-separated values.
struct Spreadsheet {
  private let lines: [[String]]

  /// - Parameters:
  ///   - header: the names of the columns.
  ///   - rows: the cells of each row, unquoted.
  init(_ header: [String], rows: [[String]]) {
    lines = [header] + rows
  }

  /// The file's text.
  var text: String {
    lines.map { $0.map(Self.quoted).joined(separator: ",") + "\r\n" }.joined()
  }

  /// The response with the file.
  ///
  /// - Parameters:
  ///   - name: the file's name, without its ending.
  ///   - next: the key after which another file continues; nil at the end.
  func response(named name: String, next: String?) -> Response {
    var response = Response(status: .ok, body: .init(text.utf8))
    response.headers[.contentType] = "text/csv; charset=utf-8; header=present"
    response.headers[.contentDisposition] = "attachment; filename=\"\(name).csv\""
    if let next { response.headers[.link] = "</\(name).csv?before=\(next)>; rel=\"next\"" }
    return response
  }

  /// A cell in quotes, where it needs them.
  ///
  /// A spreadsheet runs a text that begins as a formula does, also behind white space: such a text
  /// gets an apostrophe before it.
  private static func quoted(_ cell: String) -> String {
    let first = cell.unicodeScalars.first { !$0.properties.isWhitespace }
    let isFormula = first.map { "=+-@".unicodeScalars.contains($0) } ?? false
    let text = isFormula ? "'" + cell : cell
    guard text.contains(where: { ",\"".contains($0) || $0.isNewline }) else { return text }
    return "\"\(text.replacing("\"", with: "\"\""))\""
  }
}

extension Charge {
  fileprivate var cells: [String] {
    [
      "\(orderId)", "\(id)", state.rawValue, product, total.currency.code, total.decimal,
      price?.decimal ?? "", fee?.decimal ?? "", discount?.decimal ?? "",
      settingsVersion.map(String.init) ?? "", code ?? "", reason ?? "", "\(attempts)", "\(at)",
      work.id,
    ]
  }
}

extension Entry {
  fileprivate var cells: [[String]] {
    postings.map { posting in
      let amount = Money(amount: abs(posting.amount), currency: currency).decimal
      return [
        "\(id)", "\(orderId)", "\(at)", posting.account.rawValue, currency.code,
        posting.amount > 0 ? amount : "", posting.amount > 0 ? "" : amount,
      ]
    }
  }
}

extension FeeReport.Line {
  fileprivate func cells() throws -> [String] {
    [
      "\(settingsVersion)", state.rawValue, charged.fees.currency.code, fee?.decimal ?? "",
      "\(orders)", try carried().decimal, charged.fees.decimal, declined.fees.decimal,
      open.fees.decimal,
    ]
  }
}

extension FeeSum {
  /// The line of the orders whose fee or version is unknown; nil without any.
  fileprivate var unknownCells: [String]? {
    guard unknownOrders > 0 else { return nil }
    func fees(_ state: Charge.State) -> String {
      unknown[state] == nil ? Money.zero(currency).decimal : "unknown"
    }
    return [
      "unknown", "unknown", currency.code, "unknown", "\(unknownOrders)", "unknown",
      fees(.charged), fees(.declined), fees(.intended),
    ]
  }
}
