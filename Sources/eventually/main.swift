// The one program of an installation: the daemons' names are links to it, and the name by which it
// is started says which of them it is. Under every other name it is the command line tool.
//
// This file names the rooms, because they do not import one another: `verify` checks their own rules
// too.

import Alpha
import Beta
import Charlie
import CommandLineTool
import Daemon
import Overlord

let rooms: [any Room.Type] = [AlphaRoom.self, BetaRoom.self, CharlieRoom.self, OverlordRoom.self]
let name = CommandLine.arguments.first?.split(separator: "/").last ?? ""

if let room = rooms.first(where: { $0.name + "d" == name }) {
  await room.main()
} else {
  prepareProcess()
  await Eventually.start(checking: rooms)
}
