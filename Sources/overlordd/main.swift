// The process of Overlord, which is declared in the room of the same name.

import Daemon
import Overlord

await OverlordRoom.main()
