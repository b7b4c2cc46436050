// The process of Overlord: everything that it is stands in the room of the same name.

import Daemon
import Overlord

prepareProcess()
await OverlordRoom.main()
