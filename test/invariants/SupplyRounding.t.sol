// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Parameters } from "../../contracts/interfaces/IMarketDirectory.sol";
import { Delivery, Reading } from "../../contracts/interfaces/IMeterBook.sol";
import { Bid, Offer, Plan } from "../../contracts/interfaces/ISlotAuction.sol";
import { SupplyContract, SupplyStatus } from "../../contracts/interfaces/ISupplyBook.sol";
import { Account } from "../../contracts/interfaces/IVault.sol";
import { SlotId } from "../../contracts/types/SlotId.sol";
import { ContractId, CoreSeconds, Price } from "../../contracts/types/Units.sol";
import { MarketActors } from "./MarketActors.sol";
import { VM } from "./Vm.sol";

/// @title SupplyRoundingTest
/// @notice One supply contract of any size, signed in an auction and paid by readings, to the last micro-yuan.
contract SupplyRoundingTest is MarketActors {
    uint256 private constant BUYER = 0;
    uint256 private constant SELLER = USERS;
    uint32 private constant SLOTS = 5;
    uint256 private constant FUNDS = 1 << 60;

    ContractId private constant FIRST = ContractId.wrap(1);

    /// @dev What is drawn for a run.
    struct Draw {
        uint256 energy;
        uint256 offered;
        uint256 asked;
        uint256 bid;
        uint256 coreSeconds;
    }

    uint32 private _slot;

    constructor()
        MarketActors(
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
                lateReadingSlots: 24,
                buyerBond: 1_000_000,
                sellerBond: 5_000_000,
                beaconBond: 50_000_000,
                reputationPerKWh: 10,
                maxReputationRise: 50,
                defaultReputationFall: 500,
                unopenedReputationFall: 250
            })
        )
    {
        _deposit(BUYER, FUNDS);
        _deposit(SELLER, FUNDS);
    }

    /// @notice However the work is split into readings, the seller gets the whole price rounded down, at no time more than
    /// its share of the work, and the buyer gets the rest of its lock back.
    function testFuzz_FulfilledInAnyParts(uint256 seed) public {
        Draw memory d = _draw(seed);
        uint256 price = _signContract(d);
        uint256 buyerBefore = _total(BUYER);
        uint256 sellerBefore = _total(SELLER);
        uint256 done;
        for (uint32 n; n < SLOTS; ++n) {
            uint256 part = n + 1 == SLOTS ? d.coreSeconds - done : _bound(seed, n, 0, (d.coreSeconds - done) / 2);
            _read(part);
            done += part;
            uint256 paid = (d.energy * price * done) / (d.coreSeconds * 1000);
            assert(_total(SELLER) == sellerBefore + paid);
            assert(_total(BUYER) == buyerBefore - paid);
        }
        assert(supply.contractOf(FIRST).status == SupplyStatus.Fulfilled);
        assert(_total(SELLER) - sellerBefore == (d.energy * price) / 1000);
        _requireNothingLocked();
    }

    /// @notice Of a contract that is not fulfilled, the seller keeps what it earned, and forfeits its deposit in proportion to
    /// the rest; both are rounded down, and nothing stays behind.
    function testFuzz_ExpiredAfterAnyPart(uint256 seed) public {
        Draw memory d = _draw(seed);
        uint256 price = _signContract(d);
        uint256 buyerBefore = _total(BUYER);
        uint256 sellerBefore = _total(SELLER);
        uint256 done = _bound(seed, 99, 0, d.coreSeconds - 1);
        _read(done);
        time = _startOf(_slot + SLOTS + parameters.lateReadingSlots + 1);
        VM.warp(time);
        SupplyContract memory c = supply.contractOf(FIRST);
        supply.expire(FIRST);

        uint256 paid = (d.energy * price * done) / (d.coreSeconds * 1000);
        uint256 penalty = (c.sellerDeposit * (d.coreSeconds - done)) / d.coreSeconds;
        assert(penalty <= c.sellerDeposit && penalty == c.penalty);
        assert(_total(SELLER) == sellerBefore + paid - penalty);
        assert(_total(BUYER) == buyerBefore - paid + penalty);
        _requireNothingLocked();
    }

    // ---------------------------------------------------------------- internals

    function _draw(uint256 seed) private pure returns (Draw memory d) {
        // From dust to the largest values that fit: 2^48 micro-yuan.
        d.energy = _bound(seed, 11, 1, uint256(1) << _bound(seed, 12, 1, 25));
        d.bid = _bound(seed, 13, 1, uint256(1) << _bound(seed, 14, 1, 32)) % (1 << 32);
        if (d.bid == 0) d.bid = 1;
        d.asked = _bound(seed, 15, 1, d.bid);
        d.offered = d.energy + _bound(seed, 16, 0, 1 << 20);
        d.coreSeconds = _bound(seed, 17, 1, _bound(seed, 18, 1, 3600));
    }

    function _bound(uint256 seed, uint256 salt, uint256 low, uint256 high) private pure returns (uint256) {
        return low + (uint256(keccak256(abi.encode(seed, salt))) % (high - low + 1));
    }

    /// @dev One buyer, one seller, one contract; bonds are released.
    function _signContract(Draw memory d) private returns (uint256 price) {
        _slot = _current() + 1;
        Plan memory bids;
        Plan memory offers;
        (bids.slot, offers.slot) = (_slot, _slot);
        (bids.bidder, offers.bidder) = (uint32(BUYER + 1), uint32(SELLER + 1));
        bids.bids = new Bid[](1);
        bids.bids[0] = Bid({
            cores: 1,
            coreSeconds: uint40(d.coreSeconds),
            energy: uint32(d.energy),
            maxPrice: uint32(d.bid),
            earliest: _slot,
            deadline: _slot + SLOTS - 1,
            priority: false
        });
        offers.offers = new Offer[](1);
        offers.offers[0] = Offer({ price: uint32(d.asked), energy: uint32(d.offered), cores: 2 });
        bytes32 bidHash = auction.hashPlan(bids);
        bytes32 offerHash = auction.hashPlan(offers);
        VM.prank(_actors[BUYER].wallet);
        auction.commit(SlotId.wrap(_slot), bidHash);
        VM.prank(_actors[SELLER].wallet);
        auction.commit(SlotId.wrap(_slot), offerHash);
        VM.warp(_revealFrom(_slot));
        VM.prank(_actors[BUYER].wallet);
        auction.reveal(bids);
        VM.prank(_actors[SELLER].wallet);
        auction.reveal(offers);
        VM.warp(_clearFrom(_slot) + parameters.beaconSeconds);
        uint40[] memory bidRefs = new uint40[](1);
        bidRefs[0] = uint40((BUYER + 1) << 8);
        uint40[] memory offerRefs = new uint40[](1);
        offerRefs[0] = uint40((SELLER + 1) << 8);
        assert(auction.clear(SlotId.wrap(_slot), bidRefs, offerRefs, 100_000));
        VM.prank(_actors[BUYER].wallet);
        auction.releaseBond();
        VM.prank(_actors[SELLER].wallet);
        auction.releaseBond();

        SupplyContract memory c = supply.contractOf(FIRST);
        price = Price.unwrap(c.price);
        assert(price >= d.asked && price <= d.bid);
        assert(CoreSeconds.unwrap(c.coreSeconds) == d.coreSeconds);
        // All that is locked is the contract's, and covers the whole price.
        assert(c.escrow * 1000 >= d.energy * price && (c.escrow * 1000) < d.energy * price + 1000);
        assert(vault.accountOf(_id(BUYER)).locked == c.escrow + c.buyerDeposit);
        assert(vault.accountOf(_id(SELLER)).locked == c.sellerDeposit);
        _read(0);
    }

    /// @dev The seller's next reading; 0: no delivery.
    function _read(uint256 coreSeconds) private {
        Reading memory reading;
        reading.dataCentre = uint32(SELLER + 1);
        reading.slot = SlotId.unwrap(meters.stateOf(_id(SELLER)).nextSlot);
        reading.last = true;
        if (coreSeconds != 0) {
            reading.deliveries = new Delivery[](1);
            reading.deliveries[0].contractId = 1;
            reading.deliveries[0].coreSeconds = uint40(coreSeconds);
        }
        time = _startOf(uint256(reading.slot) + 1);
        VM.warp(time);
        meters.submit(reading, _signReading(_actors[FIRST_METER].key, reading));
    }

    function _total(uint256 i) private view returns (uint256) {
        Account memory account = vault.accountOf(_id(i));
        return uint256(account.available) + account.locked;
    }

    function _requireNothingLocked() private view {
        assert(vault.accountOf(_id(BUYER)).locked == 0);
        assert(vault.accountOf(_id(SELLER)).locked == 0);
        uint256 total = vault.penaltyPool();
        for (uint256 i; i < ACTORS; ++i) total += _total(i);
        assert(token.balanceOf(address(vault)) == total);
    }
}
