// The ledger: double entry, one entry for each charge, and the trial balance of all of them.

import Daemon
import Schema

/// The movements of one charge; its postings sum to zero.
struct Entry {
  let id: Identifier
  let orderId: Identifier
  /// Nil for an entry without its charge: the ledger is broken.
  let product: String?
  let at: Timestamp
  let currency: Currency
  var postings: [Posting]
}

/// The sum of each account, which together are zero.
struct TrialBalance {
  struct Line {
    let account: Posting.Account
    let currency: Currency
    let debit: Int64
    let credit: Int64
    /// Debit less credit.
    let balance: Int64
  }

  let accounts: [Line]
  /// The sum of all balances: zero, or the ledger is broken.
  let total: Int64
  let balanced: Bool
}

/// Every entry sums to zero, belongs to a charge of the same total, and has postings; for
/// `eventually verify`.
let ledgerCheck = JournalCheck("the ledger sums to zero") { snapshot in
  let unbalanced = try snapshot.rows(
    """
    SELECT entry_id AS id, sum(amount) AS sum FROM postings GROUP BY entry_id
    HAVING sum(amount) <> 0
    """
  ).map { row in
    "the entry \(try row.value("id", as: String.self)) sums to \(try row.value("sum", as: Int64.self))"
  }
  let homeless = try snapshot.rows(
    """
    SELECT entries.id AS id FROM entries
    LEFT JOIN charges ON charges.order_id = entries.order_id AND charges.state = 'charged'
      AND charges.currency = entries.currency
    LEFT JOIN postings ON postings.entry_id = entries.id
    GROUP BY entries.id
    HAVING count(charges.order_id) = 0 OR sum(CASE WHEN postings.account = 'cash' THEN postings.amount ELSE 0 END)
        <> max(charges.total)
    """
  ).map { "the entry \(try $0.value("id", as: String.self)) is not that of a charge" }
  let stray = try snapshot.rows(
    "SELECT entry_id AS id FROM postings WHERE entry_id NOT IN (SELECT id FROM entries)"
  ).map { "a posting belongs to no entry: \(try $0.value("id", as: String.self))" }
  return unbalanced + homeless + stray
}

extension Transaction {
  /// Books a charge.
  func book(_ charge: Charge) throws {
    let entry = identifier()
    try run(
      """
      INSERT INTO entries (id, order_id, currency, at)
      VALUES (\(entry), \(charge.orderId), \(charge.total.currency), \(now))
      """)
    let postings = charge.postings
    try balance(postings, in: charge.total.currency)
    for posting in postings {
      try run(
        """
        INSERT INTO postings (entry_id, account, amount)
        VALUES (\(entry), \(posting.account), \(posting.amount))
        """)
    }
  }
}

extension Reader {
  /// The entries, newest first; those of one order where it is named.
  ///
  /// One query reads all of them, with their postings.
  func entries(of order: Identifier?, _ page: PageRequest<Identifier>) throws -> Page<Entry> {
    let condition: SQL = order.map { "order_id = \($0)" } ?? "1 = 1"
    let rows = try rows(
      """
      SELECT entries.id, entries.order_id, entries.currency, entries.at, charges.product,
      postings.account, postings.amount FROM (SELECT * FROM entries
      """ + page.newestFirst(by: "id", where: condition) + """
        ) AS entries LEFT JOIN charges ON charges.order_id = entries.order_id
        LEFT JOIN postings ON postings.entry_id = entries.id
        ORDER BY entries.id DESC, postings.amount DESC, postings.account
        """)
    var entries: [Entry] = []
    for row in rows {
      let id: Identifier = try row.value("id")
      if entries.last?.id != id { entries.append(try Entry(row, id: id)) }
      // An order that costs nothing moves nothing.
      let account: Posting.Account? = try row.value("account")
      guard let account else { continue }
      entries[entries.count - 1].postings.append(
        Posting(account: account, amount: try row.value("amount")))
    }
    return page.cut(entries, by: \.id)
  }
}

extension Entry {
  /// An entry, without its postings yet.
  fileprivate init(_ row: Row, id: Identifier) throws {
    self.init(
      id: id, orderId: try row.value("order_id"), product: try row.value("product"),
      at: try row.value("at"), currency: try row.value("currency"), postings: [])
  }
}
