// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Parameters } from "../../contracts/interfaces/IMarketDirectory.sol";
import { MarketActions } from "./MarketActions.sol";

/// @title MarketHandler
/// @notice What the test runner calls at random. It finds only contracts that are compiled as part of a test file.
contract MarketHandler is MarketActions {
    constructor(Parameters memory p) MarketActions(p) {}
}

/// @title MarketProperties
/// @notice A market, its handler, and the question whether all properties hold.
abstract contract MarketProperties {
    uint256 private constant PROPERTIES = 10;

    MarketHandler internal _market;

    /// @dev A property of `docs/invariants.md` is violated; 0: a call succeeded that must not, or failed that must not.
    error Violated(uint256 property, string how);

    function _parameters() internal pure virtual returns (Parameters memory);

    function _requireAll() internal view {
        for (uint256 property; property < PROPERTIES; ++property) {
            string memory how = _market.violation(property);
            if (bytes(how).length != 0) revert Violated(property, how);
        }
    }

    function _actions() internal pure returns (bytes4[] memory actions) {
        actions = new bytes4[](31);
        actions[0] = MarketActions.warp.selector;
        actions[1] = MarketActions.deposit.selector;
        actions[2] = MarketActions.withdraw.selector;
        actions[3] = MarketActions.payOut.selector;
        actions[4] = MarketActions.donate.selector;
        actions[5] = MarketActions.pause.selector;
        actions[6] = MarketActions.revoke.selector;
        actions[7] = MarketActions.renew.selector;
        actions[8] = MarketActions.rotate.selector;
        actions[9] = MarketActions.announce.selector;
        actions[10] = MarketActions.commit.selector;
        actions[11] = MarketActions.withdrawPlan.selector;
        actions[12] = MarketActions.reveal.selector;
        actions[13] = MarketActions.revealUnfunded.selector;
        actions[14] = MarketActions.punish.selector;
        actions[15] = MarketActions.releaseBond.selector;
        actions[16] = MarketActions.clear.selector;
        actions[17] = MarketActions.discardRanking.selector;
        actions[18] = MarketActions.runBeacon.selector;
        actions[19] = MarketActions.slash.selector;
        actions[20] = MarketActions.retire.selector;
        actions[21] = MarketActions.read.selector;
        actions[22] = MarketActions.settleTab.selector;
        actions[23] = MarketActions.expire.selector;
        actions[24] = MarketActions.quote.selector;
        actions[25] = MarketActions.withdrawQuote.selector;
        actions[26] = MarketActions.take.selector;
        actions[27] = MarketActions.handBack.selector;
        actions[28] = MarketActions.closeOverdue.selector;
        actions[29] = MarketActions.closeReturn.selector;
        actions[30] = MarketActions.settle.selector;
    }
}

/// @title MarketInvariants
/// @notice The properties that must always hold, under random sequences of calls.
abstract contract MarketInvariants is MarketProperties {
    /// @dev How the test runner is told what to call.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public {
        _market = new MarketHandler(_parameters());
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_market);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({ addr: address(_market), selectors: _actions() });
    }

    /// @notice All properties, after every step of a random sequence.
    function invariant_AllPropertiesHold() public {
        _market.checkWithdrawals();
        _requireAll();
    }

    /// @notice Whatever state a sequence ends in, ends are ends, and everything can be wound up until nothing is locked.
    function afterInvariant() public {
        _market.checkEnds();
        _market.windUp();
        _market.checkWithdrawals();
        _requireAll();
    }
}

/// @title DefaultMarketInvariants
/// @notice With the default parameters, but less patience for late readings.
contract DefaultMarketInvariants is MarketInvariants {
    function _parameters() internal pure override returns (Parameters memory) {
        return
            Parameters({
                genesis: 1_767_312_000,
                slotSeconds: 3600,
                commitSeconds: 2400,
                revealSeconds: 900,
                beaconSeconds: 120,
                drawAmong: 3,
                sellerShareBps: 5000,
                minDepositBps: 500,
                maxDepositBps: 2000,
                lateReadingSlots: 3,
                buyerBond: 1_000_000,
                sellerBond: 5_000_000,
                beaconBond: 50_000_000,
                reputationPerKWh: 10,
                maxReputationRise: 50,
                defaultReputationFall: 500,
                unopenedReputationFall: 250
            });
    }
}

/// @title ShortMarketInvariants
/// @notice With short slots, no choice among offers, all of the spread for the buyer, deposits from nothing to everything,
/// and reputations that are lost at once.
contract ShortMarketInvariants is MarketInvariants {
    function _parameters() internal pure override returns (Parameters memory) {
        return
            Parameters({
                genesis: 1_767_312_000,
                slotSeconds: 60,
                commitSeconds: 40,
                revealSeconds: 15,
                beaconSeconds: 5,
                drawAmong: 1,
                sellerShareBps: 0,
                minDepositBps: 0,
                maxDepositBps: 10_000,
                lateReadingSlots: 1,
                buyerBond: 1,
                sellerBond: 1,
                beaconBond: 50_000_000,
                reputationPerKWh: 1000,
                maxReputationRise: 4999,
                defaultReputationFall: 10_000,
                unopenedReputationFall: 5000
            });
    }
}

/// @title WideMarketInvariants
/// @notice With a draw among as many offers as there can be, all of the spread for the seller, no bonds of bidders, and
/// reputations that rise fast.
contract WideMarketInvariants is MarketInvariants {
    function _parameters() internal pure override returns (Parameters memory) {
        return
            Parameters({
                genesis: 1_767_312_000,
                slotSeconds: 3600,
                commitSeconds: 1800,
                revealSeconds: 1200,
                beaconSeconds: 600,
                drawAmong: 8,
                sellerShareBps: 10_000,
                minDepositBps: 1,
                maxDepositBps: 1,
                lateReadingSlots: 6,
                buyerBond: 0,
                sellerBond: 0,
                beaconBond: 50_000_000,
                reputationPerKWh: 1000,
                maxReputationRise: 400,
                defaultReputationFall: 401,
                unopenedReputationFall: 401
            });
    }
}

/// @title MarketLongSequence
/// @notice A long sequence with a fixed seed, which shows that the invariants are not held because nothing happens.
contract MarketLongSequence is MarketProperties {
    uint256 private constant STEPS = 1200;

    /// @dev Nothing of the kind happened.
    error NeverHappened(string what);

    function setUp() public {
        _market = new MarketHandler(_parameters());
        bytes4[] memory actions = _actions();
        for (uint256 n; n < STEPS; ++n) {
            uint256 random = uint256(keccak256(abi.encode("long sequence", n)));
            (bool ok, ) = address(_market).call(abi.encodeWithSelector(actions[random % actions.length], random));
            assert(ok);
            if (n % 8 == 0) _market.checkWithdrawals();
        }
    }

    function test_AllPropertiesHeld() public view {
        _requireAll();
    }

    function test_EndsAreEnds() public {
        _market.checkEnds();
        _requireAll();
    }

    function test_EverythingCanBeWoundUp() public {
        _market.windUp();
        _market.checkWithdrawals();
        _requireAll();
    }

    function test_EverythingHappened() public view {
        string[33] memory happened = [
            "calls",
            "refused",
            "revoked",
            "rotated",
            "committed",
            "plan replaced",
            "plan withdrawn",
            "revealed",
            "dropped",
            "punished",
            "punished by the next commit",
            "cleared",
            "pages",
            "traded",
            "unmatched",
            "drawn among several",
            "value opened",
            "slashed",
            "retired",
            "readings",
            "readings missed",
            "deliveries",
            "arrears",
            "fulfilled",
            "expired",
            "taken for payment",
            "taken for compute time",
            "closed by payment",
            "closed in compute time",
            "transfer defaulted",
            "handed back",
            "debt repaid",
            "debt settled"
        ];
        for (uint256 n; n < happened.length; ++n) {
            if (_market.count(happened[n]) == 0) revert NeverHappened(happened[n]);
        }
    }

    function _parameters() internal pure override returns (Parameters memory) {
        return
            Parameters({
                genesis: 1_767_312_000,
                slotSeconds: 3600,
                commitSeconds: 2400,
                revealSeconds: 900,
                beaconSeconds: 120,
                drawAmong: 3,
                sellerShareBps: 5000,
                minDepositBps: 500,
                maxDepositBps: 2000,
                lateReadingSlots: 3,
                buyerBond: 1_000_000,
                sellerBond: 5_000_000,
                beaconBond: 50_000_000,
                reputationPerKWh: 10,
                maxReputationRise: 50,
                defaultReputationFall: 500,
                unopenedReputationFall: 250
            });
    }
}
