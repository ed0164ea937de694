BEGIN TRANSACTION;
CREATE TABLE documents (
    id text primary key, revision text not null, source text not null, file text not null,
    format text not null, content_hash text not null, title text not null, work text not null,
    metadata text not null, text text not null, original text not null, lines text not null,
    sections text not null, repairs text not null, repair_count integer not null,
    passage_count integer not null, added text not null, card text not null,
    pages text not null
);
INSERT INTO "documents" VALUES('cadfd1a11c','cadfd1a11c.5547b836','corpus/甲办法.txt','corpus:甲办法.txt','txt','5547b836ac56896a1284de855f6b4d6003104b0bb4e8295228f69155ae158bac','甲省政府采购管理办法','甲省政府采购管理办法','{"title":"甲省政府采购管理办法","issuer":null,"number":null,"published":null,"effective":null,"expires":null,"version":null,"region":null,"kind":"document","level":null,"url":null,"source_name":null,"validity":null,"as_of":null,"related":[]}','甲省政府采购管理办法
第一章 总则
第1条 供应商应当在1个工作日内公开采购意向，并依法接受监督。
第2条 财政部门应当在2个工作日内公开采购意向，并依法接受监督。','甲省政府采购管理办法
第一章 总则
第1条 供应商应当在1个工作日内公开采购意向，并依法接受监督。
第2条 财政部门应当在2个工作日内公开采购意向，并依法接受监督。','[[0,10,"paragraph",null],[11,17,"paragraph",null],[18,49,"paragraph",null],[50,82,"paragraph",null]]','[{"index":0,"parent":null,"kind":"body","label":"","heading":"","start":0,"end":10,"number":null},{"index":1,"parent":null,"kind":"chapter","label":"第一章","heading":"总则","start":11,"end":82,"number":1},{"index":2,"parent":1,"kind":"article","label":"第1条","heading":"","start":18,"end":49,"number":1},{"index":3,"parent":2,"kind":"paragraph","label":"第一款","heading":"","start":22,"end":49,"number":1},{"index":4,"parent":1,"kind":"article","label":"第2条","heading":"","start":50,"end":82,"number":2},{"index":5,"parent":4,"kind":"paragraph","label":"第一款","heading":"","start":54,"end":82,"number":1}]','[]',0,3,'2026-11-27T23:13:45+00:00','[]','{"starts":[],"scanned":[]}');
CREATE TABLE lexical (
    stamp integer primary key autoincrement, document text not null, passages text not null,
    text_counts blob not null, text_terms blob not null, text_times blob not null,
    head_counts blob not null, head_terms blob not null, head_times blob not null
);
INSERT INTO "lexical" VALUES(2,'cadfd1a11c','cadfd1a11c.5547b836.00000
cadfd1a11c.5547b836.00001
cadfd1a11c.5547b836.00002',X'0A0000001D0000001A000000',X'797C0000E0050100DE110400A96A0A003DBD0D00F4180E00F6E3140082301800C3E41C00CFCA1F00F1700000EFB40000CB1302005F2202009EAC020051F70500D8F50700CBC60800557F0A0077440B00F2680B00BF2F0D0088480E008F1D0F0010880F00AF9A0F00494013007880140025511600E82317006C8418009A3C190008A0190095511A00C3E41C00B7EF1C00EF171D0095011F007E781F00F1700000CB13020051F705003CBA0700D8F50700CBC60800557F0A00F2680B00BF2F0D0088480E008F1D0F0010880F00AF9A0F00F66F11005ED5120049401300788014000DBE1500E82317009A3C190095511A00C3E41C00EF171D0095011F007E781F00F1A91F00',X'0101010101010101010101010101010101010101010101010101010101010101010101020101010101010101010101010101010101010101020101010101010101',X'0A0000000E0000000F000000',X'797C0000E0050100DE110400A96A0A003DBD0D00F4180E00F6E3140082301800C3E41C00CFCA1F00797C0000E00501005F22020089BB0300DE110400A96A0A003DBD0D00F4180E00F6E31400255116008230180008A01900C3E41C00CFCA1F00797C0000E00501005F220200DE110400A96A0A003DBD0D00F4180E00F6E31400255116008230180008A01900C3E41C001E331D00BFC11F00CFCA1F00',X'010101010101010101010101020101010101010101010101010101010101010101010101010101');
CREATE TABLE meta (key text primary key, value text not null);
INSERT INTO "meta" VALUES('recipe','pipeline 6, split 600/40, model 969875b82962ab74');
INSERT INTO "meta" VALUES('served','2026-11-27T23:13:27+00:00');
INSERT INTO "meta" VALUES('changes','3');
CREATE TABLE passages (
    id text primary key, document text not null references documents(id) on delete cascade,
    ordinal integer not null, start integer not null, "end" integer not null, text text not null,
    section integer not null, path text not null, citation text not null, kind text not null
);
INSERT INTO "passages" VALUES('cadfd1a11c.5547b836.00000','cadfd1a11c',0,0,10,'甲省政府采购管理办法',0,'[]','文首','body');
INSERT INTO "passages" VALUES('cadfd1a11c.5547b836.00001','cadfd1a11c',1,11,49,'第一章 总则
第1条 供应商应当在1个工作日内公开采购意向，并依法接受监督。',2,'["第一章 总则","第一条"]','第一条','article');
INSERT INTO "passages" VALUES('cadfd1a11c.5547b836.00002','cadfd1a11c',2,50,82,'第2条 财政部门应当在2个工作日内公开采购意向，并依法接受监督。',4,'["第一章 总则","第二条"]','第二条','article');
CREATE TABLE stray (revision text primary key);
CREATE INDEX passages_by_document on passages(document, ordinal);
CREATE INDEX lexical_by_document on lexical(document);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('lexical',2);
COMMIT;
