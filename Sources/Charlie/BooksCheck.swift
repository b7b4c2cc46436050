import Daemon

/// Finds charges that the gateway has answered and its books do not have: they are older than the
/// journal, and other charges may be missing too, which would be made again.
///
/// The books are in the journal's database.
let booksCheck = JournalCheck("the gateway's books have every charge of the journal") { snapshot in
  let table = EmbeddedGateway.table.nameInDatabase
  let row = try snapshot.rows(
    "SELECT to_regclass(CAST(\(table) AS text)) IS NOT NULL AS found"
  ).first
  let isBooked =
    try row?.value("found") == true
    ? """
    EXISTS (SELECT 1 FROM \(table) AS books
    WHERE books.key = 'order:' || charges.order_id AND books.answer IS NOT NULL)
    """ : "false"
  let missing = try snapshot.rows(
    SQL(
      stringLiteral: """
        SELECT order_id FROM charges WHERE state <> 'intended' AND total > 0 AND NOT \(isBooked)
        ORDER BY order_id
        """)
  ).map { try $0.value("order_id", as: String.self) }
  guard let first = missing.first else { return [] }
  return [
    """
    The table \(table) lacks \(missing.count) of the journal's charges, the first of the order \
    \(first). Load the newest \(table) that is left, which has every charge, and run the command again
    """
  ]
}
