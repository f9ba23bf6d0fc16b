// References, inheritance, callbacks, directions of parameters, and attributes.

#include "echo_checks.h"
#include "image.h"
#include "samples.h"

namespace {

class CallbackServant : public POA_Torture::Callback {
public:
    CORBA::Long bounce(CORBA::Long depth, Torture::Echo_ptr caller) override {
        if (depth <= 0)
            return 0;
        Torture::Callback_var own = _this();
        return caller->call_back(own, depth);
    }
};

void expect_nil(CORBA::Object_ptr object) {
    if (!CORBA::is_nil(object))
        throw Mismatch("nil", "a reference");
}

void expect_is_a(CORBA::Object_ptr object, const char* repository_id, bool expected) {
    if (object->_is_a(repository_id) != expected)
        throw Mismatch(std::string(repository_id) + (expected ? " to be" : " not to be") + " an interface of the object",
                       "the opposite");
}

void nil(Session& session) {
    Torture::Echo_var target = echo_of(session);
    Torture::Echo_var echo = target->echo_self_type(Torture::Echo::_nil());
    expect_nil(echo);
    Grid_var grid = target->echo_grid(Grid::_nil());
    expect_nil(grid);
    CORBA::Object_var object = target->echo_object(CORBA::Object::_nil());
    expect_nil(object);
}

void references(Session& session) {
    Torture::Echo_var target = echo_of(session);
    Torture::Echo_var echo = target->echo_self_type(target);
    expect_equal(4711, echo->echo_long(4711));

    Grid_var grid = target->make_grid(3, 4);
    expect_equal(3, grid->height());
    expect_equal(4, grid->width());
    Grid_var same = target->echo_grid(grid);
    same->set(2, 3, -5);
    expect_equal(-5, grid->get(2, 3));

    CORBA::Object_var object = target->echo_object(grid);
    Grid_var narrowed = Grid::_narrow(object);
    if (CORBA::is_nil(narrowed))
        throw Mismatch("a Grid", "nil from narrow");
    expect_equal(-5, narrowed->get(2, 3));
    Torture::Echo_var wrong = Torture::Echo::_narrow(object);
    expect_nil(wrong);
}

// The reference of an object in this process comes back as a reference of the same object.
void own_reference(Session& session) {
    Torture::Echo_var target = echo_of(session);
    PortableServer::Servant_var<CallbackServant> servant(new CallbackServant());
    CORBA::Object_var own = session.activate(servant.in());
    CORBA::Object_var back = target->echo_object(own);
    if (!own->_is_equivalent(back))
        throw Mismatch("an equivalent reference", "another");
}

void call_back(Session& session) {
    Torture::Echo_var target = echo_of(session);
    PortableServer::Servant_var<CallbackServant> servant(new CallbackServant());
    CORBA::Object_var object = session.activate(servant.in());
    Torture::Callback_var own = Torture::Callback::_narrow(object);
    for (CORBA::Long depth : {0, 1, 2, 3, 9})
        expect_equal(depth, target->call_back(own, depth));
}

void is_a(Session& session) {
    Torture::Echo_var target = echo_of(session);
    expect_is_a(target, "IDL:Torture/Echo:1.0", true);
    expect_is_a(target, "IDL:omg.org/CORBA/Object:1.0", true);
    expect_is_a(target, "IDL:Torture/Base:1.0", false);
    expect_is_a(target, "IDL:Nothing:1.0", false);
    // A reference without a type: every answer comes from the server.
    Torture::Bottom_var bottom = target->make_bottom("typeless");
    for (const char* id : {"IDL:Torture/Bottom:1.0", "IDL:Torture/Left:1.0", "IDL:Torture/Right:1.0", "IDL:Torture/Base:1.0"})
        expect_is_a(bottom, id, true);
    expect_is_a(bottom, "IDL:Torture/Echo:1.0", false);
}

void non_existent(Session& session) {
    if (session.object->_non_existent())
        throw Mismatch("the object to exist", "the opposite");
    CORBA::Object_var nobody = session.orb->string_to_object((session.address() + "nobody-has-this-key").c_str());
    if (!nobody->_non_existent())
        throw Mismatch("no object under an unknown key", "one");
}

// A new reference object: with the ORB's default settings its first call is preceded by a LocateRequest.
void locate(Session& session) {
    CORBA::String_var text = session.orb->object_to_string(session.object);
    CORBA::Object_var object = session.orb->string_to_object(text);
    Torture::Echo_var fresh = Torture::Echo::_unchecked_narrow(object);
    expect_equal(-1, fresh->echo_long(-1));
}

void inheritance(Session& session) {
    Torture::Echo_var target = echo_of(session);
    Torture::Bottom_var bottom = target->make_bottom("a diamond");
    expect_equal(-8, bottom->bottom_negative(8));
    expect_equal(9, bottom->left_next(8));
    expect_equal(7, bottom->right_previous(8));
    expect_equal(16, bottom->base_twice(8));
    CORBA::String_var title = bottom->title();
    expect_text("a diamond", title.in());
    bottom->depth(-3);

    Torture::Left_var left = Torture::Left::_narrow(bottom);
    Torture::Right_var right = Torture::Right::_narrow(bottom);
    Torture::Base_var base = Torture::Base::_narrow(right);
    expect_equal(1, left->left_next(0));
    expect_equal(-1, right->right_previous(0));
    title = base->title();
    expect_text("a diamond", title.in());
    Torture::Bottom_var again = Torture::Bottom::_narrow(base);
    expect_equal(-3, again->depth());
}

// ---- Directions -------------------------------------------------------------------------------------------

void split(Session& session) {
    Torture::Echo_var target = echo_of(session);
    for (int i = 0; i < session.options.rounds; ++i) {
        auto value = static_cast<CORBA::Long>(session.random.next());
        auto by = static_cast<CORBA::Long>(1 + session.random.below(1000));
        CORBA::Long remainder = 99;
        expect_equal(value / by, target->split(value, by, remainder));
        expect_equal(value % by, remainder);
    }
}

void rotate(Session& session) {
    Torture::Echo_var target = echo_of(session);
    for (CORBA::Long rounds = 0; rounds < 5; ++rounds) {
        std::vector<std::string> texts;
        for (int i = 0; i < 3; ++i)
            texts.push_back(random_text(session.random, session.options.utf8, 30));
        CORBA::String_var first = texts[0].c_str(), second = texts[1].c_str(), third = texts[2].c_str();
        expect_equal(rounds + 1, target->rotate(rounds, first.inout(), second.inout(), third.inout()));
        expect_text(texts[rounds % 3], first.in());
        expect_text(texts[(rounds + 1) % 3], second.in());
        expect_text(texts[(rounds + 2) % 3], third.in());
    }
}

void gather(Session& session) {
    Torture::Echo_var target = echo_of(session);
    for (int i = 0; i < session.options.rounds; ++i) {
        auto item = random_value<Torture::Record>(session);
        auto items = random_value<Torture::Records>(session);
        Torture::Record item_sent = item;
        Torture::Records items_expected = items;
        items_expected.length(items.length() + 1);
        items_expected[items.length()] = item;

        Torture::Colour kind;
        Torture::Doubles_var coordinates;
        CORBA::Octet result = target->gather("renamed", item, kind, items, coordinates.out());

        expect_equal(item_sent.tag, result);
        expect_same(item_sent.paint, kind);
        expect_same(items_expected, items);
        Torture::Doubles expected;
        expected.length(2);
        expected[0] = item_sent.at.x;
        expected[1] = item_sent.at.y;
        expect_same(expected, coordinates.in());
        item_sent.name = "renamed";
        expect_same(item_sent, item);
    }
}

void only_out(Session& session) {
    Torture::Echo_var target = echo_of(session);
    CORBA::String_var text;
    CORBA::ULongLong number = 0;
    Torture::Matrix matrix;
    target->only_out(text.out(), number, matrix);
    expect_text("only out", text.in());
    expect_same<CORBA::ULongLong>(0xfedcba9876543210ULL, number);
    expect_same(std::vector<CORBA::Long>{0, 1, 2, 3, 4, 5}, cells(matrix));
}

void attributes(Session& session) {
    Torture::Echo_var target = echo_of(session);
    for (const std::string& text : text_edges(session.options.utf8)) {
        target->label(text.c_str());
        CORBA::String_var got = target->label();
        expect_text(text, got.in());
    }
    auto record = random_value<Torture::Record>(session);
    target->favourite(record);
    Torture::Record_var got = target->favourite();
    expect_same(record, got.in());
    expect_same<CORBA::Double>(0.1, target->ratio());
}

} // namespace

std::vector<Check> object_checks() {
    return {
        {"all", "nil", nil},
        {"all", "references", references},
        {"all", "own_reference", own_reference},
        {"all", "call_back", call_back},
        {"all", "is_a", is_a},
        {"all", "non_existent", non_existent},
        {"all", "locate", locate},
        {"all", "inheritance", inheritance},
        {"all", "split", split},
        {"all", "rotate", rotate},
        {"all", "gather", gather},
        {"all", "only_out", only_out},
        {"all", "attributes", attributes},
    };
}
