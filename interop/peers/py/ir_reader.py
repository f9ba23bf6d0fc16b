"""ir_reader.py REFERENCE [-ORB...] - reads an object's interface from the interface repository behind it.

Prints the same lines as the C++ program of this name, from other questions: where that one goes from definition to definition
by their attributes, this one asks for descriptions and reads type codes.
"""

import sys

from omniORB import CORBA, ir_idl  # noqa: F401 - ir_idl makes the definitions known

KINDS = {
    CORBA.tk_null: "null",
    CORBA.tk_void: "void",
    CORBA.tk_short: "short",
    CORBA.tk_long: "long",
    CORBA.tk_ushort: "unsigned short",
    CORBA.tk_ulong: "unsigned long",
    CORBA.tk_float: "float",
    CORBA.tk_double: "double",
    CORBA.tk_boolean: "boolean",
    CORBA.tk_char: "char",
    CORBA.tk_octet: "octet",
    CORBA.tk_any: "any",
    CORBA.tk_TypeCode: "TypeCode",
    CORBA.tk_longlong: "long long",
    CORBA.tk_ulonglong: "unsigned long long",
    CORBA.tk_longdouble: "long double",
    CORBA.tk_wchar: "wchar",
    CORBA.tk_Principal: "Principal",
}
MODES = {CORBA.PARAM_IN: "in ", CORBA.PARAM_OUT: "out ", CORBA.PARAM_INOUT: "inout "}
OBJECT = "IDL:omg.org/CORBA/Object:1.0"
VALUE_BASE = "IDL:omg.org/CORBA/ValueBase:1.0"


class Reader:
    def __init__(self, interface):
        self.interface = interface
        self.repository = interface._get_containing_repository()
        self.told = {}
        self.waiting = {}

    def read(self):
        name = self.interface._get_absolute_name()
        self.told[name] = ""
        print(self.interface_text(self.interface), end="")
        around = self.interface._get_defined_in()
        for kind in (CORBA.dk_Constant, CORBA.dk_Value, CORBA.dk_Alias):
            for one in around.describe_contents(kind, True, -1):
                self.by_id(one.value.value().id)
        while self.waiting:
            name = min(self.waiting)
            self.told[name] = ""
            self.told[name] = self.definition_text(self.waiting.pop(name))
        for name in sorted(self.told):
            print(self.told[name], end="")
        self.writing_is_refused()

    def expect(self, holds, what):
        if not holds:
            print("FAIL", what)

    def by_id(self, repository_id):
        """The absolute name of a definition; one that is met for the first time will be told."""
        contained = self.repository.lookup_id(repository_id)
        if contained is None:
            return "FAIL unknown " + repository_id
        name = contained._get_absolute_name()
        again = self.repository.lookup(name)
        self.expect(again is not None and again._is_equivalent(contained), "lookup of " + name)
        if name not in self.told:
            self.waiting.setdefault(name, contained)
        return name

    def code_name(self, code):
        kind = code.kind()
        if kind in (CORBA.tk_string, CORBA.tk_wstring):
            word = "string" if kind == CORBA.tk_string else "wstring"
            return word + ("<%d>" % code.length() if code.length() else "")
        if kind == CORBA.tk_fixed:
            return "fixed<%d, %d>" % (code.fixed_digits(), code.fixed_scale())
        if kind == CORBA.tk_sequence:
            bound = ", %d" % code.length() if code.length() else ""
            return "sequence<%s%s>" % (self.code_name(code.content_type()), bound)
        if kind == CORBA.tk_array:
            return "%s[%d]" % (self.code_name(code.content_type()), code.length())
        if kind in KINDS:
            return KINDS[kind]
        # The bindings have no id for it.
        if code.id() in ("", OBJECT):
            return "Object"
        if code.id() == VALUE_BASE:
            return "ValueBase"
        return self.by_id(code.id())

    def interface_text(self, interface):
        whole = interface.describe_interface()
        name = interface._get_absolute_name()
        is_abstract = interface._get_def_kind() == CORBA.dk_AbstractInterface
        kind = CORBA.tk_abstract_interface if is_abstract else CORBA.tk_objref
        self.expect(whole.type.kind() == kind, "the type of " + name)
        abstract = "abstract " if is_abstract else ""
        lines = ["%sinterface %s %s %s" % (abstract, name, whole.id, whole.version)]
        bases = [self.by_id(base) for base in whole.base_interfaces]
        if bases:
            lines[0] += " : " + ", ".join(bases)
        self.expect(all(interface.is_a(base) for base in whole.base_interfaces), "is_a")
        described = interface.describe_contents(CORBA.dk_all, True, -1)
        own = {one.value.value().id for one in described}
        for one in described:
            value = one.value.value()
            if one.kind == CORBA.dk_Attribute:
                readonly = "readonly " if value.mode == CORBA.ATTR_READONLY else ""
                lines.append("  %sattribute %s %s" % (readonly, self.code_name(value.type), value.name))
            elif one.kind == CORBA.dk_Operation:
                lines.append("  " + self.operation_text(value))
            else:
                self.by_id(value.id)
        inherited = [one.name for one in list(whole.operations) + list(whole.attributes) if one.id not in own]
        self.expect(bool(bases) == bool(inherited), "what is inherited")
        return "\n".join(lines) + "\n"

    def operation_text(self, operation):
        oneway = "oneway " if operation.mode == CORBA.OP_ONEWAY else ""
        parameters = []
        for parameter in operation.parameters:
            by_definition = parameter.type_def._get_type()
            self.expect(by_definition.equivalent(parameter.type), "the type of " + parameter.name)
            parameters.append(MODES[parameter.mode] + self.code_name(parameter.type) + " " + parameter.name)
        raised = [self.by_id(exception.id) for exception in operation.exceptions]
        return "%s%s %s(%s)%s" % (
            oneway,
            self.code_name(operation.result),
            operation.name,
            ", ".join(parameters),
            " raises " + ", ".join(raised) if raised else "",
        )

    def definition_text(self, definition):
        described = definition.describe()
        kind, value = described.kind, described.value.value()
        head = "%s %s" % (definition._get_absolute_name(), value.id)
        if kind in (CORBA.dk_Interface, CORBA.dk_AbstractInterface):
            return self.interface_text(definition)
        if kind == CORBA.dk_Constant:
            return "const %s %s %s\n" % (head, self.code_name(value.type), self.constant_text(value.value))
        if kind == CORBA.dk_Value:
            return self.value_text(definition, head)
        code = value.type
        lines = []
        if kind == CORBA.dk_Alias:
            return "typedef %s %s\n" % (head, self.code_name(code.content_type()))
        if kind == CORBA.dk_ValueBox:
            return "valuebox %s %s\n" % (head, self.code_name(code.content_type()))
        # The bindings count in floats, and cannot look behind the second use of a type in a type code.
        names = [code.member_name(i) for i in range(int(code.member_count()))]
        if kind == CORBA.dk_Enum:
            self.expect(definition._get_members() == names, "the enumerators of " + head)
            return "enum %s %s\n" % (head, " ".join(names))
        members = definition._get_members()
        self.expect([member.name for member in members] == names, "the members of " + head)
        if kind == CORBA.dk_Union:
            lines.append("union %s switch %s" % (head, self.code_name(code.discriminator_type())))
            for i, member in enumerate(members):
                is_default = member.label.typecode().kind() == CORBA.tk_octet
                self.expect(is_default == (i == code.default_index()), "the default of " + head)
                word = "default" if is_default else "case"
                lines.append("  %s: %s %s" % (word, self.code_name(member.type), member.name))
        else:
            lines.append(("exception " if kind == CORBA.dk_Exception else "struct ") + head)
            lines += ["  %s %s" % (self.code_name(member.type), member.name) for member in members]
        return "\n".join(lines) + "\n"

    def constant_text(self, value):
        number = value.value()
        if isinstance(number, bool) or value.typecode().kind() == CORBA.tk_boolean:
            return "TRUE" if number else "FALSE"
        return str(number)

    def value_text(self, definition, head):
        described = definition.describe().value.value()

        def own(kind):
            return [one.value.value() for one in definition.describe_contents(kind, True, -1)]

        line = "valuetype " + head
        line += " custom" if described.is_custom else ""
        line += " abstract" if described.is_abstract else ""
        line += " truncatable" if described.is_truncatable else ""
        if described.base_value:
            line += " : " + self.by_id(described.base_value)
        line += "".join(" abstract " + self.by_id(base) for base in described.abstract_base_values)
        line += "".join(" supports " + self.by_id(interface) for interface in described.supported_interfaces)
        lines = [line]
        for attribute in own(CORBA.dk_Attribute):
            readonly = "readonly " if attribute.mode == CORBA.ATTR_READONLY else ""
            lines.append("  %sattribute %s %s" % (readonly, self.code_name(attribute.type), attribute.name))
        lines += ["  " + self.operation_text(operation) for operation in own(CORBA.dk_Operation)]
        factories = definition._get_initializers()
        for factory in factories:
            lines.append("  factory " + factory.name)
            lines += ["    %s %s" % (self.code_name(member.type), member.name) for member in factory.members]
        members = own(CORBA.dk_ValueMember)
        for member in members:
            access = "public" if member.access == CORBA.PUBLIC_MEMBER else "private"
            lines.append("  %s %s %s" % (access, self.code_name(member.type), member.name))
        # The bindings abort the process when they read the type code of a value with a base.
        if not described.base_value:
            whole = definition.describe_value()
            self.expect([one.name for one in whole.members] == [one.name for one in members], head)
            self.expect([one.name for one in whole.initializers] == [one.name for one in factories], head)
            self.expect(whole.supported_interfaces == described.supported_interfaces, head)
        return "\n".join(lines) + "\n"

    def writing_is_refused(self):
        for write in (
            lambda: self.repository.create_module("IDL:New:1.0", "New", "1.0"),
            lambda: self.interface._set_name("Other"),
            lambda: self.interface.destroy(),
        ):
            try:
                write()
                print("FAIL writing is refused")
            except CORBA.NO_IMPLEMENT:
                pass
        self.expect(self.repository.lookup_id("IDL:Nothing:1.0") is None, "an unknown id is nil")


def main():
    orb = CORBA.ORB_init(sys.argv, CORBA.ORB_ID)
    target = orb.string_to_object(sys.argv[1])
    Reader(target._get_interface()).read()


main()
