/// The events of one piece of work, each below the event that caused it.
public struct CauseTree<Item> {
  /// An event with those that it caused.
  public struct Node {
    /// The event.
    public let item: Item
    /// The events that it caused.
    public let caused: [Node]
  }

  /// An event with its depth.
  public struct Entry {
    /// The event.
    public let item: Item
    /// The number of causes above it.
    public let depth: Int
  }

  /// The events whose cause is not among them.
  public let roots: [Node]

  /// A tree of events.
  ///
  /// - Parameters:
  ///   - items: the events, in the order in which those beside one another are to stand.
  ///   - id: an event's own id; an event without one causes nothing.
  ///   - cause: the id of the event that caused it.
  public init(_ items: [Item], id: (Item) -> String?, cause: (Item) -> String?) {
    let indices = Dictionary(
      items.indices.compactMap { index in id(items[index]).map { ($0, index) } }
    ) { first, _ in first }
    let causes = items.map { item in cause(item).flatMap { indices[$0] } }
    let children = Dictionary(grouping: items.indices) { causes[$0] }
    var visited: Set<Int> = []
    // An id that comes twice, and a ring of causes, which no service of ours writes, end here.
    func node(_ index: Int) -> Node {
      visited.insert(index)
      let caused = (children[index] ?? []).filter { !visited.contains($0) }
      return Node(item: items[index], caused: caused.map(node))
    }
    var roots = (children[nil] ?? []).map(node)
    for index in items.indices where !visited.contains(index) { roots.append(node(index)) }
    self.roots = roots
  }

  /// The events from the top to the bottom.
  public var entries: [Entry] {
    func entries(_ nodes: [Node], depth: Int) -> [Entry] {
      nodes.flatMap { node in
        [Entry(item: node.item, depth: depth)] + entries(node.caused, depth: depth + 1)
      }
    }
    return entries(roots, depth: 0)
  }
}

extension CauseTree: Sendable where Item: Sendable {}
extension CauseTree.Node: Sendable where Item: Sendable {}
extension CauseTree.Entry: Sendable where Item: Sendable {}
