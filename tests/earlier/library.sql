BEGIN TRANSACTION;
CREATE TABLE changes (
    id integer primary key autoincrement, at text not null, who text not null,
    action text not null, document text not null, title text not null,
    before text not null, after text not null, undoes integer, state text not null,
    face text not null default 'command', fields text not null default '[]'
);
INSERT INTO "changes" VALUES(1,'2026-11-27T23:13:45+00:00','root','add','c61462c822','乙省政府采购管理办法','{"source":"corpus/乙办法.txt","present":false,"file":"","content_hash":"","edits":[]}','{"source":"corpus/乙办法.txt","present":true,"file":"corpus:乙办法.txt","content_hash":"077829037cf2a7e9f734ec66705f26c510cad09c6a229488c9ed6479a8836b5f","edits":[]}',NULL,'done','command','[]');
INSERT INTO "changes" VALUES(2,'2026-11-27T23:13:45+00:00','root','add','cadfd1a11c','甲省政府采购管理办法','{"source":"corpus/甲办法.txt","present":false,"file":"","content_hash":"","edits":[]}','{"source":"corpus/甲办法.txt","present":true,"file":"corpus:甲办法.txt","content_hash":"5547b836ac56896a1284de855f6b4d6003104b0bb4e8295228f69155ae158bac","edits":[]}',NULL,'done','command','[]');
INSERT INTO "changes" VALUES(3,'2026-11-27T23:13:51+00:00','编辑','remove','c61462c822','乙省政府采购管理办法','{"source":"corpus/乙办法.txt","present":true,"file":"corpus:乙办法.txt","content_hash":"077829037cf2a7e9f734ec66705f26c510cad09c6a229488c9ed6479a8836b5f","edits":[]}','{"source":"corpus/乙办法.txt","present":false,"file":"corpus:乙办法.txt","content_hash":"077829037cf2a7e9f734ec66705f26c510cad09c6a229488c9ed6479a8836b5f","edits":[]}',NULL,'done','command','[]');
CREATE TABLE decisions (
    document text primary key, source text not null, present integer not null,
    file text, edits text not null
);
INSERT INTO "decisions" VALUES('c61462c822','corpus/乙办法.txt',0,NULL,'[]');
CREATE TABLE held (
    document text primary key, source text not null, file text not null,
    content_hash text not null, title text not null
);
INSERT INTO "held" VALUES('c61462c822','corpus/乙办法.txt','corpus:乙办法.txt','077829037cf2a7e9f734ec66705f26c510cad09c6a229488c9ed6479a8836b5f','乙省政府采购管理办法');
INSERT INTO "held" VALUES('cadfd1a11c','corpus/甲办法.txt','corpus:甲办法.txt','5547b836ac56896a1284de855f6b4d6003104b0bb4e8295228f69155ae158bac','甲省政府采购管理办法');
CREATE INDEX changes_by_document on changes(document, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('changes',3);
COMMIT;
