#include "echo_servant.h"

#include "forwarding.h"
#include "grid_servant.h"
#include "system_exceptions.h"

#include <chrono>
#include <limits>
#include <memory>
#include <thread>
#include <utility>

namespace {

// Activates a servant at the root adapter and returns the typed reference of the new object.
template <class Interface, class Servant>
typename Interface::_ptr_type activate(Servant* created) {
    PortableServer::Servant_var<Servant> servant(created);
    PortableServer::POA_var adapter = servant->_default_POA();
    PortableServer::ObjectId_var id = adapter->activate_object(servant.in());
    CORBA::Object_var object = adapter->id_to_reference(id);
    return Interface::_unchecked_narrow(object);
}

class BottomServant : public POA_Torture::Bottom {
public:
    explicit BottomServant(const char* title) : title_(title) {}

    char* title() override { return CORBA::string_dup(title_.c_str()); }
    CORBA::Long depth() override { return depth_; }
    void depth(CORBA::Long value) override { depth_ = value; }
    CORBA::Long base_twice(CORBA::Long value) override { return value * 2; }
    CORBA::Long left_next(CORBA::Long value) override { return value + 1; }
    CORBA::Long right_previous(CORBA::Long value) override { return value - 1; }
    CORBA::Long bottom_negative(CORBA::Long value) override { return -value; }

private:
    const std::string title_;
    std::atomic<CORBA::Long> depth_{0};
};

} // namespace

EchoServant::EchoServant() {
    favourite_.tag = 0;
    favourite_.at.x = 0;
    favourite_.at.y = 0;
    favourite_.visible = false;
    favourite_.paint = Torture::RED;
    favourite_.rank = 0;
    favourite_.serial = 0;
}

CORBA::Long EchoServant::echo_long(CORBA::Long value) {
    ++calls_;
    return value;
}

// ---- Types with storage of their own: the caller owns what is returned, so each is copied ------------------

char* EchoServant::echo_string(const char* value) { return CORBA::string_dup(value); }
CORBA::WChar* EchoServant::echo_wstring(const CORBA::WChar* value) { return CORBA::wstring_dup(value); }
char* EchoServant::echo_short_text(const char* value) { return CORBA::string_dup(value); }

Torture::FewLongs* EchoServant::echo_few_longs(const Torture::FewLongs& value) {
    return new Torture::FewLongs(value);
}
Torture::Octets* EchoServant::echo_octets(const Torture::Octets& value) { return new Torture::Octets(value); }
Torture::Longs* EchoServant::echo_longs(const Torture::Longs& value) { return new Torture::Longs(value); }
Torture::Doubles* EchoServant::echo_doubles(const Torture::Doubles& value) { return new Torture::Doubles(value); }
Torture::Strings* EchoServant::echo_strings(const Torture::Strings& value) { return new Torture::Strings(value); }
Torture::LongTable* EchoServant::echo_long_table(const Torture::LongTable& value) {
    return new Torture::LongTable(value);
}
Torture::Matrix_slice* EchoServant::echo_matrix(const Torture::Matrix value) { return Torture::Matrix_dup(value); }
Torture::Record* EchoServant::echo_record(const Torture::Record& value) { return new Torture::Record(value); }
Torture::Records* EchoServant::echo_records(const Torture::Records& value) { return new Torture::Records(value); }
Torture::Shape* EchoServant::echo_shape(const Torture::Shape& value) { return new Torture::Shape(value); }
Torture::Shapes* EchoServant::echo_shapes(const Torture::Shapes& value) { return new Torture::Shapes(value); }
Torture::Choice* EchoServant::echo_choice(const Torture::Choice& value) { return new Torture::Choice(value); }
Torture::MaybeRecord* EchoServant::echo_maybe_record(const Torture::MaybeRecord& value) {
    return new Torture::MaybeRecord(value);
}
Torture::Entries* EchoServant::echo_entries(const Torture::Entries& value) { return new Torture::Entries(value); }

Torture::Octets* EchoServant::make_octets(CORBA::ULong length, CORBA::Octet first) {
    auto result = std::make_unique<Torture::Octets>();
    result->length(length);
    CORBA::Octet* bytes = result->get_buffer();
    CORBA::ULong next = first % 251;
    for (CORBA::ULong i = 0; i < length; ++i) {
        bytes[i] = static_cast<CORBA::Octet>(next);
        next = next == 250 ? 0 : next + 1;
    }
    return result.release();
}

// ---- References -------------------------------------------------------------------------------------------

Torture::Echo_ptr EchoServant::echo_self_type(Torture::Echo_ptr value) { return Torture::Echo::_duplicate(value); }
Grid_ptr EchoServant::echo_grid(Grid_ptr value) { return Grid::_duplicate(value); }
CORBA::Object_ptr EchoServant::echo_object(CORBA::Object_ptr value) { return CORBA::Object::_duplicate(value); }

Grid_ptr EchoServant::make_grid(CORBA::Short height, CORBA::Short width) {
    if (height < 0 || width < 0)
        throw CORBA::BAD_PARAM(0, CORBA::COMPLETED_NO);
    return activate<Grid>(new GridServant(height, width));
}

Torture::Bottom_ptr EchoServant::make_bottom(const char* title) {
    return activate<Torture::Bottom>(new BottomServant(title));
}

CORBA::Long EchoServant::call_back(Torture::Callback_ptr target, CORBA::Long depth) {
    if (depth <= 0)
        return 0;
    Torture::Echo_var own = _this();
    return target->bounce(depth - 1, own) + 1;
}

Torture::Echo_ptr EchoServant::forwarded(Torture::Echo_ptr target, CORBA::Boolean permanent) {
    if (CORBA::is_nil(target))
        throw CORBA::BAD_PARAM(0, CORBA::COMPLETED_NO);
    auto* servant = new ForwardingServant(permanent, "IDL:Torture/Echo:1.0");
    servant->forward_to(target);
    return activate<Torture::Echo>(servant);
}

// ---- Directions and attributes ----------------------------------------------------------------------------

CORBA::Long EchoServant::split(CORBA::Long value, CORBA::Long by, CORBA::Long& remainder) {
    if (by == 0 || (by == -1 && value == std::numeric_limits<CORBA::Long>::min()))
        throw CORBA::BAD_PARAM(0, CORBA::COMPLETED_NO);
    remainder = value % by;
    return value / by;
}

CORBA::Long EchoServant::rotate(CORBA::Long rounds, char*& first, char*& second, char*& third) {
    for (CORBA::Long round = 0; round < rounds; ++round) {
        std::swap(first, second);
        std::swap(second, third);
    }
    return rounds + 1;
}

CORBA::Octet EchoServant::gather(const char* name, Torture::Record& item, Torture::Colour& kind,
                                 Torture::Records& items, Torture::Doubles_out coordinates) {
    kind = item.paint;
    coordinates = new Torture::Doubles();
    coordinates->length(2);
    coordinates[0] = item.at.x;
    coordinates[1] = item.at.y;
    CORBA::ULong count = items.length();
    items.length(count + 1);
    items[count] = item;
    item.name = name;
    return item.tag;
}

void EchoServant::only_out(CORBA::String_out text, CORBA::ULongLong& number, Torture::Matrix cells) {
    text = CORBA::string_dup("only out");
    number = 0xfedcba9876543210ULL;
    for (CORBA::Long row = 0; row < 3; ++row)
        for (CORBA::Long column = 0; column < 2; ++column)
            cells[row][column] = row * 2 + column;
}

char* EchoServant::label() {
    std::lock_guard<std::mutex> guard(attributes_lock_);
    return CORBA::string_dup(label_.c_str());
}

void EchoServant::label(const char* value) {
    std::lock_guard<std::mutex> guard(attributes_lock_);
    label_ = value;
}

Torture::Record* EchoServant::favourite() {
    std::lock_guard<std::mutex> guard(attributes_lock_);
    return new Torture::Record(favourite_);
}

void EchoServant::favourite(const Torture::Record& value) {
    std::lock_guard<std::mutex> guard(attributes_lock_);
    favourite_ = value;
}

// ---- Exceptions -------------------------------------------------------------------------------------------

void EchoServant::raise_plain() { throw Torture::Plain(); }
void EchoServant::raise_reason(const char* text) { throw Torture::Reason(text); }

CORBA::Long EchoServant::raise_rich(const char* text, const Torture::Longs& values, const Torture::Record& item) {
    Torture::Records group;
    group.length(1);
    group[0] = item;
    throw Torture::Rich(text, values, item.at, item.paint, group, item.tag);
}

CORBA::Long EchoServant::raise_either(CORBA::Long which) {
    switch (which) {
    case 0:
        return 7;
    case 1:
        throw Torture::Plain();
    case 2:
        throw Torture::Reason("either");
    default:
        throw Torture::Rich("either", Torture::Longs(), Torture::Point{0, 0.0}, Torture::BLUE, Torture::Records(),
                            static_cast<CORBA::Octet>(which));
    }
}

void EchoServant::raise_system(CORBA::ULong number, CORBA::ULong minor, Torture::Completion completed) {
    raise_system_exception(number, minor, completion_status(completed));
}

// ---- Time and waiting -------------------------------------------------------------------------------------

void EchoServant::slow(CORBA::ULong ms) {
    std::unique_lock<std::mutex> guard(hold_lock_);
    released_.wait_for(guard, std::chrono::milliseconds(ms), [this] { return ended_; });
}

void EchoServant::hold() {
    std::unique_lock<std::mutex> guard(hold_lock_);
    CORBA::ULongLong arrived = releases_;
    ++held_;
    released_.wait(guard, [&] { return ended_ || releases_ != arrived; });
}

CORBA::ULong EchoServant::held() {
    std::lock_guard<std::mutex> guard(hold_lock_);
    return held_;
}

CORBA::ULong EchoServant::release() {
    std::lock_guard<std::mutex> guard(hold_lock_);
    ++releases_;
    released_.notify_all();
    return std::exchange(held_, 0);
}

void EchoServant::end() {
    std::lock_guard<std::mutex> guard(hold_lock_);
    ended_ = true;
    released_.notify_all();
}
