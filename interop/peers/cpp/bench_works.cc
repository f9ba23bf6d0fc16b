#include "bench_works.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <thread>

namespace {

// Whether two sequences agree in length, at both ends and in the middle: a check that costs the same at any size.
template <class T, class Same>
bool same_by_samples(const T& sent, const T& got, Same same) {
    if (sent.length() != got.length())
        return false;
    CORBA::ULong length = sent.length();
    if (length == 0)
        return true;
    for (CORBA::ULong i : {CORBA::ULong(0), length / 2, length - 1})
        if (!same(sent[i], got[i]))
            return false;
    return true;
}

bool same_item(const Bench::Item& sent, const Bench::Item& got) {
    return sent.id == got.id && std::strcmp(sent.name, got.name) == 0 && sent.price == got.price;
}

Bench::Items items_of(CORBA::ULong count) {
    Bench::Items items;
    items.length(count);
    for (CORBA::ULong i = 0; i < count; ++i) {
        items[i].id = i;
        items[i].name = CORBA::string_dup(("item number " + std::to_string(i)).c_str());
        items[i].price = 0.25 * i;
    }
    return items;
}

// Counts what arrives without an answer.
class Notes {
public:
    explicit Notes(Bench::Table_ptr table) : table_(Bench::Table::_duplicate(table)) {}

    // Until two looks see the same.
    void begin() {
        CORBA::ULongLong seen = table_->noted();
        while (seen != (before_ = table_->noted()))
            seen = before_;
    }

    bool settle(size_t calls) {
        CORBA::ULongLong arrived = 0;
        while ((arrived = table_->noted() - before_) < calls)
            std::this_thread::yield();
        return arrived == calls;
    }

private:
    Bench::Table_var table_;
    CORBA::ULongLong before_ = 0;
};

Work octets_work(Bench::Table_var table, CORBA::ULong size) {
    Bench::Octets octets;
    octets.length(size);
    std::fill_n(octets.get_buffer(), size, CORBA::Octet(0x5a));
    return Work{[table, octets] {
        Bench::Octets_var got = table->echo_octets(octets);
        return same_by_samples(octets, got.in(), std::equal_to<CORBA::Octet>());
    }};
}

Work longs_work(Bench::Table_var table, CORBA::ULong size) {
    Bench::Longs longs;
    longs.length(size / 4);
    std::fill_n(longs.get_buffer(), size / 4, 77);
    return Work{[table, longs] {
        Bench::Longs_var got = table->echo_longs(longs);
        return same_by_samples(longs, got.in(), std::equal_to<CORBA::Long>());
    }};
}

} // namespace

Work work_of(const std::string& operation, CORBA::ULong size, CORBA::Object_ptr object) {
    Bench::Table_var table = Bench::Table::_unchecked_narrow(object);
    // Nobody has set a cell of this table.
    if (operation == "get")
        return Work{[table] { return table->get(3, 4) == 0; }};
    if (operation == "echo_octets")
        return octets_work(table, size);
    if (operation == "echo_longs")
        return longs_work(table, size);
    if (operation == "echo_items") {
        Bench::Items items = items_of(size);
        return Work{[table, items] {
            Bench::Items_var got = table->echo_items(items);
            return same_by_samples(items, got.in(), same_item);
        }};
    }
    if (operation == "note") {
        auto notes = std::make_shared<Notes>(table.in());
        return Work{[table] {
                        table->note(1);
                        return true;
                    },
                    [notes] { notes->begin(); }, [notes](size_t calls) { return notes->settle(calls); }};
    }
    return Work{nullptr};
}
