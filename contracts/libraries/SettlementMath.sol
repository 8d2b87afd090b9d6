// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { CoreSeconds, Price, Wh } from "../types/Units.sol";

/// @title SettlementMath
/// @notice Money from energy and price, with the direction of rounding in every name: what is locked is rounded up, what
/// is paid is rounded down, so that the payments of a contract can never exceed what was locked for it.
library SettlementMath {
    /// @notice Basis points of the whole.
    uint256 internal constant BPS = 10_000;

    /// @notice Watt-hours in a kilowatt-hour.
    uint256 internal constant WH_PER_KWH = 1000;

    /// @notice Micro-yuan for `energy` at `price`, rounded down: what a payee gets.
    function amountDown(Wh energy, Price price) internal pure returns (uint256) {
        unchecked {
            return (uint256(Wh.unwrap(energy)) * Price.unwrap(price)) / WH_PER_KWH; // [1] < 2^64
        }
    }

    /// @notice Micro-yuan for `energy` at `price`, rounded up: what a payer locks.
    function amountUp(Wh energy, Price price) internal pure returns (uint256) {
        unchecked {
            return (uint256(Wh.unwrap(energy)) * Price.unwrap(price) + (WH_PER_KWH - 1)) / WH_PER_KWH;
        }
    }

    /// @notice `bps` basis points of `amount`, rounded up.
    function bpsUp(uint256 amount, uint256 bps) internal pure returns (uint256) {
        unchecked {
            return (amount * bps + (BPS - 1)) / BPS; // amounts of at most 112 bits
        }
    }

    /// @notice Micro-yuan earned by `done` of `total` core-seconds of a task worth `energy` at `price`, rounded down.
    /// @dev [2] Taken of the running total and differenced, so that the rounding of many payments does not add up.
    function earnedDown(Wh energy, Price price, CoreSeconds done, CoreSeconds total) internal pure returns (uint256) {
        unchecked {
            uint256 value = uint256(Wh.unwrap(energy)) * Price.unwrap(price); // < 2^64, and < 2^104 with core-seconds
            return (value * CoreSeconds.unwrap(done)) / (CoreSeconds.unwrap(total) * WH_PER_KWH);
        }
    }

    /// @notice `part / whole` of `amount`, rounded down.
    function shareDown(uint256 amount, CoreSeconds part, CoreSeconds whole) internal pure returns (uint256) {
        return (amount * CoreSeconds.unwrap(part)) / CoreSeconds.unwrap(whole);
    }

    /// @notice Energy that belongs to `part` of the `whole` core-seconds of a task, Wh, rounded up.
    function energyShareUp(Wh energy, CoreSeconds part, CoreSeconds whole) internal pure returns (Wh) {
        uint256 total = CoreSeconds.unwrap(whole);
        // At most `energy`, as part <= whole.
        return Wh.wrap(uint32((uint256(Wh.unwrap(energy)) * CoreSeconds.unwrap(part) + (total - 1)) / total));
    }

    /// @notice Trade price between an offer and a bid: `sellerShareBps` of the spread goes to the seller, rounded down.
    function tradePrice(Price offer, Price bid, uint256 sellerShareBps) internal pure returns (Price) {
        unchecked {
            uint256 low = Price.unwrap(offer);
            // Within [offer, bid], so it fits its 32 bits.
            return Price.wrap(uint32(low + ((Price.unwrap(bid) - low) * sellerShareBps) / BPS));
        }
    }

    /// @notice Share of a commitment's value that a participant locks as deposit: `maxBps` at reputation 0, falling in a
    /// straight line to `minBps` at `maxReputation`, basis points, rounded up.
    /// @dev The caller passes `reputation` <= `maxReputation` and `minBps` <= `maxBps`.
    function depositBps(
        uint256 reputation,
        uint256 maxReputation,
        uint256 minBps,
        uint256 maxBps
    ) internal pure returns (uint256) {
        unchecked {
            return maxBps - ((maxBps - minBps) * reputation) / maxReputation;
        }
    }

    /// @notice By how much a fulfilled contract over `energy` raises a reputation: `perKWh` for each kWh, at most `most`, rounded
    /// down.
    function reputationRise(Wh energy, uint256 perKWh, uint256 most) internal pure returns (uint256) {
        unchecked {
            uint256 rise = (Wh.unwrap(energy) * perKWh) / WH_PER_KWH; // 32 and 16 bits
            return rise < most ? rise : most;
        }
    }
}
