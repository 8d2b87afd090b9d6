// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { SettlementMath } from "../../contracts/libraries/SettlementMath.sol";
import { CoreSeconds, Price, Wh } from "../../contracts/types/Units.sol";

contract SettlementMathTest {
    uint32 private constant MAX32 = type(uint32).max;
    uint40 private constant MAX40 = type(uint40).max;

    // ---------------------------------------------------------------- amountDown, amountUp

    function testAmounts() external pure {
        require(_down(0, MAX32) == 0 && _up(0, MAX32) == 0, "no energy");
        require(_down(MAX32, 0) == 0 && _up(MAX32, 0) == 0, "no price");
        require(_down(1000, 7) == 7 && _up(1000, 7) == 7, "exact");
        require(_down(1, 1) == 0 && _up(1, 1) == 1, "a thousandth");
        require(_down(999, 1) == 0 && _up(999, 1) == 1, "just below");
        require(_down(1001, 1) == 1 && _up(1001, 1) == 2, "just above");
        uint256 product = uint256(MAX32) * MAX32;
        require(_down(MAX32, MAX32) == product / 1000, "most, down");
        require(_up(MAX32, MAX32) == product / 1000 + 1, "most, up");
    }

    function testFuzz_AmountsAreRoundedByLessThanOne(uint32 energy, uint32 price) external pure {
        uint256 exact = uint256(energy) * price;
        uint256 down = _down(energy, price);
        uint256 up = _up(energy, price);
        require(down * 1000 <= exact && exact < (down + 1) * 1000, "down");
        require(up * 1000 >= exact && exact + 1000 > up * 1000, "up");
    }

    // ---------------------------------------------------------------- bpsUp

    function testBps() external pure {
        require(SettlementMath.bpsUp(10_000, 1) == 1, "exact");
        require(SettlementMath.bpsUp(10_001, 1) == 2, "up");
        require(SettlementMath.bpsUp(1, 1) == 1, "a ten-thousandth");
        require(SettlementMath.bpsUp(0, 10_000) == 0 && SettlementMath.bpsUp(5, 0) == 0, "nothing");
        require(SettlementMath.bpsUp(12_345, 10_000) == 12_345, "all");
    }

    function testFuzz_BpsAreRoundedUp(uint128 amount, uint16 bps) external pure {
        uint256 exact = uint256(amount) * bps;
        uint256 up = SettlementMath.bpsUp(amount, bps);
        require(up * 10_000 >= exact && exact + 10_000 > up * 10_000, "up");
    }

    // ---------------------------------------------------------------- earnedDown

    function testEarned() external pure {
        require(_earned(10_000, 650_000, 0, 14_400) == 0, "nothing done");
        require(_earned(10_000, 650_000, 7200, 14_400) == 3_250_000, "half done");
        require(_earned(10_000, 650_000, 14_400, 14_400) == 6_500_000, "all done");
        require(_earned(1000, 10, 1, 3) == 3, "down");
        require(_earned(MAX32, MAX32, MAX40, MAX40) == _down(MAX32, MAX32), "most");
    }

    function testFuzz_EarnedIsRoundedDownAndNeverMoreThanLocked(
        uint32 energy,
        uint32 price,
        uint40 done,
        uint40 total
    ) external pure {
        if (total == 0) total = 1;
        done = done % total;
        uint256 exact = uint256(energy) * price * done;
        uint256 unit = uint256(total) * 1000;
        uint256 earned = _earned(energy, price, done, total);
        require(earned * unit <= exact && exact < (earned + 1) * unit, "down");
        require(earned <= _up(energy, price), "at most what is locked");
        require(earned <= _earned(energy, price, done + 1, total), "more work never earns less");
        require(_earned(energy, price, total, total) == _down(energy, price), "all of it at the end");
    }

    // ---------------------------------------------------------------- shareDown, energyShareUp

    function testShares() external pure {
        require(_share(10, 1, 3) == 3 && _energyShare(10, 1, 3) == 4, "a third");
        require(_share(9, 1, 3) == 3 && _energyShare(9, 1, 3) == 3, "exact");
        require(_share(9, 0, 3) == 0 && _energyShare(9, 0, 3) == 0, "none");
        require(_share(9, 3, 3) == 9 && _energyShare(9, 3, 3) == 9, "all");
        require(_energyShare(1, 1, MAX40) == 1 && _share(1, 1, MAX40) == 0, "least");
        require(_energyShare(MAX32, MAX40, MAX40) == MAX32, "most");
    }

    function testFuzz_ShareIsRoundedDown(uint64 amount, uint40 part, uint40 whole) external pure {
        if (whole == 0) whole = 1;
        uint256 exact = uint256(amount) * part;
        uint256 share = _share(amount, part, whole);
        require(share * whole <= exact && exact < (share + 1) * whole, "down");
    }

    function testFuzz_EnergyShareIsRoundedUpAndAtMostAll(uint32 energy, uint40 part, uint40 whole) external pure {
        if (whole == 0) whole = 1;
        if (part > whole) (part, whole) = (whole, part);
        uint256 exact = uint256(energy) * part;
        uint256 share = _energyShare(energy, part, whole);
        require(share * whole >= exact && exact + whole > share * whole, "up");
        require(share <= energy, "at most all");
    }

    // ---------------------------------------------------------------- tradePrice

    function testTradePrice() external pure {
        require(_price(400, 900, 5000) == 650, "half way");
        require(_price(400, 901, 5000) == 650, "down");
        require(_price(400, 900, 0) == 400, "all to the buyer");
        require(_price(400, 900, 10_000) == 900, "all to the seller");
        require(_price(700, 700, 5000) == 700, "no spread");
        require(_price(0, MAX32, 10_000) == MAX32, "most");
    }

    function testFuzz_TradePriceLiesBetweenOfferAndBid(uint32 a, uint32 b, uint16 share) external pure {
        (uint32 offer, uint32 bid) = a < b ? (a, b) : (b, a);
        uint256 bps = uint256(share) % 10_001;
        uint256 price = _price(offer, bid, bps);
        require(offer <= price && price <= bid, "between");
        uint256 exact = uint256(bid - offer) * bps;
        uint256 above = (price - offer) * 10_000;
        require(above <= exact && exact < above + 10_000, "down");
    }

    // ---------------------------------------------------------------- depositBps

    function testDepositBps() external pure {
        require(SettlementMath.depositBps(0, 10_000, 500, 2000) == 2000, "no reputation");
        require(SettlementMath.depositBps(10_000, 10_000, 500, 2000) == 500, "highest reputation");
        require(SettlementMath.depositBps(5000, 10_000, 500, 2000) == 1250, "the middle");
        require(SettlementMath.depositBps(1, 10_000, 500, 2000) == 2000, "up");
        require(SettlementMath.depositBps(7, 10_000, 500, 2000) == 1999, "one less");
        require(SettlementMath.depositBps(3, 10_000, 500, 500) == 500, "flat");
    }

    function testFuzz_DepositBpsFallFromHighestToLowest(uint16 reputation, uint16 low, uint16 high) external pure {
        if (low > high) (low, high) = (high, low);
        uint256 rv = uint256(reputation) % 10_001;
        uint256 bps = SettlementMath.depositBps(rv, 10_000, low, high);
        require(low <= bps && bps <= high, "bounds");
        // bps * 10,000 = high * 10,000 - (high - low) * rv, rounded up.
        uint256 exact = uint256(high) * 10_000 - uint256(high - low) * rv;
        require(bps * 10_000 >= exact && exact + 10_000 > bps * 10_000, "up");
    }

    // ---------------------------------------------------------------- reputationRise

    function testReputationRise() external pure {
        require(SettlementMath.reputationRise(Wh.wrap(99), 10, 50) == 0, "down");
        require(SettlementMath.reputationRise(Wh.wrap(100), 10, 50) == 1, "exactly");
        require(SettlementMath.reputationRise(Wh.wrap(4999), 10, 50) == 49, "below the most");
        require(SettlementMath.reputationRise(Wh.wrap(5000), 10, 50) == 50, "the most");
        require(SettlementMath.reputationRise(Wh.wrap(type(uint32).max), 65_535, 9999) == 9999, "largest");
    }

    // ---------------------------------------------------------------- units

    function testConstants() external pure {
        require(SettlementMath.BPS == 10_000 && SettlementMath.WH_PER_KWH == 1000, "constants");
    }

    function _down(uint32 energy, uint32 price) private pure returns (uint256) {
        return SettlementMath.amountDown(Wh.wrap(energy), Price.wrap(price));
    }

    function _up(uint32 energy, uint32 price) private pure returns (uint256) {
        return SettlementMath.amountUp(Wh.wrap(energy), Price.wrap(price));
    }

    function _earned(uint32 energy, uint32 price, uint40 done, uint40 total) private pure returns (uint256) {
        return
            SettlementMath.earnedDown(
                Wh.wrap(energy),
                Price.wrap(price),
                CoreSeconds.wrap(done),
                CoreSeconds.wrap(total)
            );
    }

    function _share(uint256 amount, uint40 part, uint40 whole) private pure returns (uint256) {
        return SettlementMath.shareDown(amount, CoreSeconds.wrap(part), CoreSeconds.wrap(whole));
    }

    function _energyShare(uint32 energy, uint40 part, uint40 whole) private pure returns (uint256) {
        return
            Wh.unwrap(SettlementMath.energyShareUp(Wh.wrap(energy), CoreSeconds.wrap(part), CoreSeconds.wrap(whole)));
    }

    function _price(uint32 offer, uint32 bid, uint256 share) private pure returns (uint256) {
        return Price.unwrap(SettlementMath.tradePrice(Price.wrap(offer), Price.wrap(bid), share));
    }
}
